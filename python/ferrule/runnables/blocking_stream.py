"""An iterator that blocks, as an async iterator that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ferrule.runnables.closing import close
from ferrule.runnables.context import run_in_executor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["iterate_in_thread"]

T = TypeVar("T")

_END: Any = object()


async def iterate_in_thread(start: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Yield the items of the iterator that `start` makes, calling it and fetching each in a thread.

    Items come in order, one at a time. Closing this iterator, or cancelling who waits for an item,
    closes the blocking one, once a fetch that is going on is through.
    """
    iterator = await run_in_executor(None, start)
    has_ended = False
    try:
        while (item := await run_in_executor(None, next, iterator, _END)) is not _END:
            yield item
        has_ended = True
    finally:
        if not has_ended:
            await run_in_executor(None, close, iterator)
