"""How an async run waits for hooks that suspend: as tasks, or on a worker thread.

The core begins every coroutine hook itself, in a task on standby; what arrives here has suspended.
asyncio is imported where it is used: sync programs load this module without it.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from concurrent.futures import Executor

    from ferrule._core import OpenRun

T = TypeVar("T")

_worker = threading.local()

__all__ = [
    "application_loop",
    "on_behalf_of",
    "opened",
    "run_in_thread",
    "settle",
    "standby_task",
    "start_thread",
    "take_over",
    "when_awaited",
]


async def settle(
    tasks: Sequence[asyncio.Task[Any]],
    thread: asyncio.Future[BaseException | None] | None,
    shielded: bool,
) -> list[BaseException | None]:
    """Wait for hooks that run concurrently, each to its end.

    Args:
        tasks: The coroutines.
        thread: The sync hooks, which a worker thread is calling; never cancelled, always awaited.
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
        if thread is not None and not tasks:
            # By itself it is waited for as it is: each future in between is a turn of the loop.
            return [await asyncio.shield(thread)]
        waited_for: list[asyncio.Future[Any]] = [*tasks] if thread is None else [*tasks, thread]
        together = asyncio.gather(*waited_for, return_exceptions=True)
        outcomes = await asyncio.shield(together)
    except asyncio.CancelledError:
        if thread is not None:
            await _uncancelled(thread)
        if not shielded and tasks:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        raise
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


async def _uncancelled(future: asyncio.Future[Any]) -> None:
    """Wait for a future that cannot be cancelled, however often the caller is."""
    import asyncio  # noqa: PLC0415  see the module's docstring

    while not future.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait((future,))


def _on_worker(
    loop: asyncio.AbstractEventLoop, executor: Executor | None, job: Callable[[], T]
) -> asyncio.Future[T]:
    """Have a worker thread of a loop call a job.

    Raises:
        RuntimeError: The interpreter shuts down: a thread would be waited for in vain.
    """
    if sys.is_finalizing():
        message = "No worker thread can be started while the interpreter shuts down."
        raise RuntimeError(message)
    # From Python 3.14 on, threads may keep the context that they are started in: a run's, here.
    return contextvars.Context().run(loop.run_in_executor, executor, on_behalf_of, loop, job)


def start_thread(
    job: Callable[[], BaseException | None],
) -> asyncio.Future[BaseException | None]:
    """Have a worker thread of the running loop call sync hooks, in the context they bring."""
    import asyncio  # noqa: PLC0415  see the module's docstring

    return _on_worker(asyncio.get_running_loop(), None, job)


async def run_in_thread(job: Callable[[], T], executor: Executor | None = None) -> T:
    """Run a sync body on a worker thread of the executor, or of the running loop.

    A thread cannot be stopped: a cancellation is raised when the body is through, so that nothing
    goes on below a run that has ended.
    """
    import asyncio  # noqa: PLC0415  see the module's docstring

    future = _on_worker(asyncio.get_running_loop(), executor, job)
    try:
        # Not `shield`, which reports a failure that comes after the cancellation.
        await asyncio.wait((future,))
    except asyncio.CancelledError:
        await _uncancelled(future)
        if not future.cancelled():
            future.exception()  # retrieved: the cancellation is what the caller is told
        raise
    return future.result()


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
