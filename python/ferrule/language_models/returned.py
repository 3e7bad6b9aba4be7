"""What the methods of a model's class gave back, checked where it arrives.

A model that returns something else than it promised would fail further on, in words about
attributes that its author has never heard of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["achunks_of", "answer_of", "chunk_of", "chunks_of"]

T = TypeVar("T")


def answer_of(model: object, answer: Any, kind: type[T], methods: str) -> T:
    """Return what a method of the model answered.

    Args:
        model: The model.
        answer: What its method returned.
        kind: What it promised to return.
        methods: The names of the methods, for the message.

    Raises:
        TypeError: It is of another kind.
    """
    if isinstance(answer, kind):
        return answer
    msg = (
        f"{type(model).__name__} answered with {answer!r} ({type(answer).__name__}): "
        f"its {methods} must return a value of type {kind.__name__}."
    )
    raise TypeError(msg)


def chunk_of(model: object, chunk: Any, kind: type[T]) -> T:
    """Return what a model streamed.

    Raises:
        TypeError: It is of another kind than the model promised to yield.
    """
    if type(chunk) is kind or isinstance(chunk, kind):
        return chunk
    raise _no_chunk(model, chunk, kind)


def chunks_of(model: object, stream: Any, kind: type[T]) -> Iterator[T]:
    """Return the stream that a model made.

    Raises:
        TypeError: It cannot be iterated.
    """
    if hasattr(stream, "__iter__"):
        return iter(stream)
    raise _no_chunk(model, stream, kind)


def achunks_of(model: object, stream: Any, kind: type[T]) -> AsyncIterator[T]:
    """Return the async stream that a model made.

    Raises:
        TypeError: It cannot be iterated asynchronously.
    """
    if hasattr(stream, "__aiter__"):
        return aiter(stream)
    raise _no_chunk(model, stream, kind)


def _no_chunk(model: object, given: Any, kind: type[Any]) -> TypeError:
    return TypeError(
        f"{type(model).__name__} streamed {given!r} ({type(given).__name__}): its _stream and "
        f"_astream must be generators that yield {kind.__name__} objects."
    )
