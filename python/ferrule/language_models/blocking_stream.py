"""An iterator that blocks, as an async iterator that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ferrule.runnables.context import run_in_executor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["iterate_in_thread"]

T = TypeVar("T")

_END: Any = object()


async def iterate_in_thread(
    start: Callable[..., Iterator[T]], *args: Any, **kwargs: Any
) -> AsyncIterator[T]:
    """Yield the items of `start(*args, **kwargs)`, fetching each in a thread.

    Items come in order, one at a time. Closing this iterator closes the blocking one, unless a
    fetch is still running because its task was cancelled; that iterator is dropped when the fetch
    returns.
    """
    iterator = await run_in_executor(None, start, *args, **kwargs)
    is_idle = False
    try:
        while (item := await run_in_executor(None, next, iterator, _END)) is not _END:
            is_idle = True
            yield item
            is_idle = False
    finally:
        close = getattr(iterator, "close", None)
        if is_idle and close is not None:
            await run_in_executor(None, close)
