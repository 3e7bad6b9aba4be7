"""Close the streams that a stream reads from, whatever kind of iterator they are.

The standard `closing` and `aclosing` insist on a `close` method; an iterator handed in by a user
need not have one.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
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
        return self._stream

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await aclose(self._stream)


async def aclose(stream: AsyncIterator[Any]) -> None:
    """Close an async iterator, if it can be closed."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def close(stream: Iterator[Any]) -> None:
    """Close an iterator, if it can be closed."""
    closer = getattr(stream, "close", None)
    if closer is not None:
        closer()


async def aclose_all(streams: Iterable[AsyncIterator[Any]]) -> None:
    """Close async iterators in order, all of them even if one fails; that failure is raised."""
    async with AsyncExitStack() as closing:
        for stream in reversed(list(streams)):
            closing.push_async_callback(aclose, stream)


async def once(item: T) -> AsyncIterator[T]:
    """Yield a single item: the async counterpart of `iter([item])`."""
    yield item
