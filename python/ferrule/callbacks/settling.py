"""How an async run waits for hooks that suspend: as tasks, or on a worker thread.

The core begins every coroutine hook itself, in a task on standby; what arrives here has suspended.
asyncio is imported where it is used: sync programs load this module without it.
"""

from __future__ import annotations

import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from ferrule._core import Hop, OpenRun

T = TypeVar("T")

_worker = threading.local()

__all__ = [
    "application_loop",
    "on_behalf_of",
    "opened",
    "settle",
    "standby_task",
    "take_over",
    "when_awaited",
]


async def settle(
    tasks: Sequence[asyncio.Task[Any]], hop: Hop[BaseException | None] | None, shielded: bool
) -> list[BaseException | None]:
    """Wait for hooks that run concurrently, each to its end.

    Args:
        tasks: The coroutines.
        hop: The sync hooks, which a worker thread is calling; always awaited.
        shielded: Whether a cancellation of the caller leaves the coroutines alone: it is then
            raised without waiting for them, and they finish on their own. Otherwise it cancels
            them, and is raised when they are through.

    Returns:
        What each hook raised, of any class, or None; last, the same of the thread if there is
        one.

    Raises:
        asyncio.CancelledError: The caller was cancelled meanwhile.
    """
    import asyncio  # noqa: PLC0415  see the module's docstring

    try:
        outcomes = await asyncio.shield(asyncio.gather(*tasks, return_exceptions=True))
    except asyncio.CancelledError:
        if hop is not None:
            with suppress(asyncio.CancelledError):
                await hop
        if not shielded:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        raise
    if hop is not None:
        outcomes.append(await hop)
    return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]


def standby_task(
    loop: asyncio.AbstractEventLoop, standby: Coroutine[Any, Any, None]
) -> asyncio.Task[None]:
    """Make a task that a hook may take over; until then nobody sees it, or hears of its end.

    Its context is empty: it outlives the run that it is made for.
    """
    from asyncio import _unregister_task  # noqa: PLC0415  see the module's docstring

    task = contextvars.Context().run(loop.create_task, standby)
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio.gather does so, too
    _unregister_task(task)
    return task


def take_over(task: asyncio.Task[None]) -> None:
    """Make a task on standby one like any other."""
    from asyncio import _register_task  # noqa: PLC0415  see the module's docstring

    task._log_destroy_pending = True  # type: ignore[attr-defined]
    _register_task(task)


def on_behalf_of(loop: asyncio.AbstractEventLoop, job: Callable[[], T]) -> T:
    """Run a job on a worker thread of a loop: async hooks of sync runs in it go to that loop."""
    before = application_loop()
    _worker.loop = loop
    try:
        return job()
    finally:
        _worker.loop = before


def application_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that the calling thread works for, if it does."""
    loop: asyncio.AbstractEventLoop | None = getattr(_worker, "loop", None)
    return loop


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


async def when_awaited(begin: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Begin something only when it is awaited: not if it never is, or was cancelled before."""
    await begin(*arguments)
