"""How an async run waits for hooks that suspend: as tasks, or on a worker thread.

The core steps every coroutine hook itself; what arrives here has suspended at least once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

__all__ = ["run_in_thread", "settle"]


async def settle(hooks: Sequence[Coroutine[Any, Any, Any]]) -> list[BaseException | None]:
    """Run hooks concurrently, each to its end.

    A cancellation of the caller does not reach the hooks: it is raised when they are through. A
    second one is raised at once; the hooks then finish on their own.

    Returns:
        For each hook what it raised, of any class, or None.

    Raises:
        asyncio.CancelledError: The caller was cancelled meanwhile.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(hook) for hook in hooks]
    cancelled: asyncio.CancelledError | None = None
    while True:
        waiting = asyncio.gather(*tasks, return_exceptions=True)
        try:
            outcomes = await asyncio.shield(waiting)
        except asyncio.CancelledError as error:
            if cancelled is not None:
                raise
            cancelled = error
        else:
            break
    if cancelled is not None:
        raise cancelled
    return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]


def run_in_thread(job: Callable[[], None]) -> Awaitable[None]:
    """Run sync hooks on a worker thread of the running loop, in the context that they bring."""
    return asyncio.get_running_loop().run_in_executor(None, job)
