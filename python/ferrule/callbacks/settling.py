"""How an async run waits for hooks that suspend: as tasks, or on a worker thread.

The core steps every coroutine hook itself; what arrives here has suspended at least once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from ferrule._core import OpenRun

__all__ = ["opened", "run_in_thread", "settle"]


async def settle(
    hooks: Sequence[Coroutine[Any, Any, Any]],
    shielded: bool,  # noqa: FBT001  called by the core, by position
) -> list[BaseException | None]:
    """Run hooks concurrently, each to its end.

    Args:
        hooks: What to run.
        shielded: Whether a cancellation of the caller leaves the hooks alone: it is then raised
            at once, and they finish on their own. Otherwise it cancels them, and is raised when
            they are through.

    Returns:
        For each hook what it raised, of any class, or None.

    Raises:
        asyncio.CancelledError: The caller was cancelled meanwhile.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(hook) for hook in hooks]
    together = asyncio.gather(*tasks, return_exceptions=True)
    try:
        outcomes = await (asyncio.shield(together) if shielded else together)
    except asyncio.CancelledError:
        if not shielded:
            await asyncio.wait(tasks)
        raise
    return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]


def run_in_thread(job: Callable[[], Any]) -> Awaitable[Any]:
    """Run a job of the core on a worker thread of the running loop; it brings its context."""
    return asyncio.get_running_loop().run_in_executor(None, job)


async def opened(run: OpenRun, told: Awaitable[None]) -> OpenRun:
    """Wait until the start of a run was told.

    Raises:
        BaseException: A handler refused the run, or the caller was cancelled; the run is closed
            with that for everybody who was told of its start.
    """
    try:
        await told
    except BaseException as error:
        await run.afail(error)
        raise
    return run
