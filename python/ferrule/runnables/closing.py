"""Close the streams that a stream reads from, whatever kind of iterator they are.

The standard `closing` and `aclosing` insist on a `close` method; an iterator handed in by a user
need not have one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ferrule.callbacks.abandoned import aclose, owned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

T = TypeVar("T")


class closing_stream(Generic[T]):  # noqa: N801  a context manager, used like a function
    """Close an async stream when the block is left, also on error and early close.

    Example:
        >>> import asyncio
        >>> async def numbers():
        ...     try:
        ...         yield 1
        ...     finally:
        ...         print("closed")
        >>> async def first():
        ...     async with closing_stream(numbers()) as stream:
        ...         async for number in stream:
        ...             return number
        >>> asyncio.run(first())
        closed
        1
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: AsyncIterator[T]) -> None:
        self._stream = stream

    async def __aenter__(self) -> AsyncIterator[T]:
        return owned(self._stream)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await aclose(self._stream)


def close(stream: Iterator[Any]) -> None:
    """Close an iterator, if it can be closed."""
    closer = getattr(stream, "close", None)
    if closer is not None:
        closer()


async def once(item: T) -> AsyncIterator[T]:
    """Yield a single item: the async counterpart of `iter([item])`."""
    yield item
