"""A stream of items from any thread to one async reader."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["MemoryStream"]

T = TypeVar("T")


class MemoryStream(Generic[T]):
    """An unbounded queue: `send` from anywhere, iterate in one place.

    The reader gets items in the order in which they were sent, whatever the threads. It binds
    the stream to its event loop when it first waits. Items sent after `close` are dropped.

    Example:
        >>> async def read():
        ...     stream = MemoryStream()
        ...     stream.send(1)
        ...     stream.close()
        ...     return [item async for item in stream]
        >>> asyncio.run(read())
        [1]
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._closed = False
        self._arrived = asyncio.Event()
        self._reader: tuple[asyncio.AbstractEventLoop, int] | None = None

    def send(self, item: T) -> None:
        """Add an item; never waits."""
        if not self._closed:
            self._items.append(item)
            self._wake()

    def close(self) -> None:
        """Let the reader end when it has had all items."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if (reader := self._reader) is None:
            return
        loop, thread = reader
        if thread == threading.get_ident():
            self._arrived.set()
            return
        try:
            loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:  # the reader's loop is gone, and the reader with it
            if not loop.is_closed():
                raise

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._reader is None:
            self._reader = asyncio.get_running_loop(), threading.get_ident()
        while True:
            self._arrived.clear()
            closed = self._closed  # read before the items: none can come after it
            if self._items:
                return self._items.popleft()
            if closed:
                raise StopAsyncIteration
            await self._arrived.wait()
