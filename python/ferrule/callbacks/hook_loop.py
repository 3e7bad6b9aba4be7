"""How a sync run awaits what hooks returned.

`run_awaitables` hands them to an event loop that runs in another thread and waits: to the
application's loop when it answers, otherwise to a loop that ferrule keeps on a daemon thread for
the life of the process. Async runs await hooks in place and need none of this.

A loop that does not answer is blocked, maybe by the very thread that waits here (a hook, or the
application's loop, may call `invoke` synchronously). So work is offered, not pushed: whoever takes
it first, the loop or the waiting thread that lost patience, has it, and it runs exactly once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress
from contextvars import Context, copy_context
from inspect import iscoroutine
from itertools import count
from types import coroutine
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ferrule.callbacks.settling import application_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

__all__ = ["run_awaitables"]

PATIENCE_SECONDS = 0.5
"""How long a loop may take to answer before it counts as blocked."""


def run_awaitables(
    awaitables: Sequence[tuple[object, str, Awaitable[Any]]],
    *,
    loop: asyncio.AbstractEventLoop | None = None,
    context: Context | None = None,
) -> list[BaseException | None]:
    """Await what the hooks of one event returned, in order, each to its end.

    Blocks the calling thread until all are through. On ferrule's own loop it also waits for the
    tasks that the hooks started there, so that nothing of an event is pending when the run goes
    on; tasks started on the application's loop are the application's. A future or task that is
    bound to a loop other than the one used is left to that loop.

    Args:
        awaitables: The handler, the event's name and what the hook returned.
        loop: The application's event loop; by default that for which the calling thread works
            (`settling.on_behalf_of`). Used only if it runs in another thread and is not blocked.
        context: What the hooks run in, itself; it must not be entered anywhere meanwhile. By
            default a copy of the caller's context, whose changes are then applied to the
            caller's.

    Returns:
        For each awaitable what it raised, of any class, or None. While the interpreter shuts down
        none is awaited: they are closed, with a RuntimeError each.

    Raises:
        BaseException: Only what interrupts the waiting itself, such as KeyboardInterrupt; the
            hooks are cancelled then.
    """
    if sys.is_finalizing():
        return [_refused(awaitable) for _, _, awaitable in awaitables]
    owned = copy_context() if context is None else context
    work = _Work([awaitable for _, _, awaitable in awaitables], owned)
    try:
        any(_offer(candidate, work) for candidate in _candidates(loop))
        outcomes = work.wait()
    except BaseException:
        work.abandon()
        raise
    if context is None:
        _adopt(owned)
    return outcomes


class _Work:
    """Awaitables on their way to a loop, and back."""

    def __init__(self, awaitables: list[Awaitable[Any]], context: Context) -> None:
        self._awaitables = awaitables
        self._context = context
        self._outcomes: list[BaseException | None] = []
        self._finished = threading.Event()
        self._abandoned = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task = loop.create_task(self._run())

    def wait(self) -> list[BaseException | None]:
        while not self._finished.wait(PATIENCE_SECONDS):
            if self._loop is not None and self._loop.is_closed():
                lost = RuntimeError("The event loop was closed while it ran a hook.")
                return [lost for _ in self._awaitables]
        return self._outcomes

    def abandon(self) -> None:
        self._abandoned = True
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _run(self) -> None:
        try:
            for awaitable in self._awaitables:
                self._outcomes.append(await self._outcome(awaitable))
            if isinstance(task := asyncio.current_task(), _OwnTask):
                while started := task.family - {task}:
                    await asyncio.wait(started)
        finally:
            self._finished.set()

    async def _outcome(self, awaitable: Awaitable[Any]) -> BaseException | None:
        if self._abandoned:
            if iscoroutine(awaitable):
                awaitable.close()
            return asyncio.CancelledError()
        if asyncio.isfuture(awaitable) and awaitable.get_loop() is not self._loop:
            return None
        try:
            await _in_context(awaitable, self._context)
        except BaseException as error:  # noqa: BLE001  the caller decides what it means
            return error
        return None


def _refused(awaitable: Awaitable[Any]) -> RuntimeError:
    """Close a hook that no loop can run: the interpreter that ends starts no threads."""
    if iscoroutine(awaitable):
        awaitable.close()
    return RuntimeError("An async hook cannot be awaited while the interpreter shuts down.")


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@coroutine
def _in_context(awaitable: Awaitable[Any], context: Context) -> Generator[Any, Any, Any]:
    """Await step by step inside the context itself: a task would copy it on Python 3.10."""
    steps = _awaited(awaitable)
    advance: Callable[[Any], Any] = steps.send
    argument: Any = None
    while True:
        try:
            pending = context.run(advance, argument)
        except StopIteration as end:
            return end.value
        try:
            argument, advance = (yield pending), steps.send
        except GeneratorExit:
            context.run(steps.close)
            raise
        except BaseException as error:  # noqa: BLE001  it is thrown into the hook
            argument, advance = error, steps.throw


def _adopt(context: Context) -> None:
    """Make the changes that hooks made to their copy of the context in the current one."""
    mine = copy_context()
    for variable, value in context.items():
        if variable not in mine or mine[variable] is not value:
            variable.set(value)


# -- offering work to loops ------------------------------------------------------------------------


class _Offer:
    """Work that either the loop or the offering thread takes, whoever is first."""

    def __init__(self, work: _Work) -> None:
        self._work: _Work | None = work
        self._taken = threading.Lock()
        self.answered = threading.Event()

    def take(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._taken.acquire(blocking=False) and self._work is not None:
            self._work.start(loop)
        self.answered.set()

    def withdraw(self) -> bool:
        if withdrawn := self._taken.acquire(blocking=False):
            self._work = None
        return withdrawn


_unanswered: WeakKeyDictionary[asyncio.AbstractEventLoop, _Offer] = WeakKeyDictionary()


def _offer(loop: asyncio.AbstractEventLoop, work: _Work) -> bool:
    """Whether the loop took the work; one that owes an earlier answer is not asked again."""
    if (earlier := _unanswered.get(loop)) is not None and not earlier.answered.is_set():
        return False
    offer = _Offer(work)
    try:
        loop.call_soon_threadsafe(offer.take, loop)
    except RuntimeError:  # closed since it was looked at
        return False
    if offer.answered.wait(PATIENCE_SECONDS) or not offer.withdraw():
        return True
    _unanswered[loop] = offer
    return False


def _candidates(loop: asyncio.AbstractEventLoop | None) -> Iterator[asyncio.AbstractEventLoop]:
    """Loops to try in turn: the application's, then ferrule's, never the one of this thread."""
    try:
        here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    loop = loop or application_loop()
    if loop is not None and loop is not here and loop.is_running():
        yield loop
    for level in count():
        if (own := _own_loop(level)) is not here:
            yield own


# -- ferrule's own loops ---------------------------------------------------------------------------


class _OwnTask(asyncio.Task[Any]):
    """A task that knows the unfinished tasks that the same delivery has started."""

    family: set[asyncio.Task[Any]]


def _own_task(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> _OwnTask:
    parent = asyncio.current_task(loop)
    task = _OwnTask(coro, loop=loop, **options)
    task.family = parent.family if isinstance(parent, _OwnTask) else set()
    task.family.add(task)
    task.add_done_callback(task.family.discard)
    return task


_own_loops: list[asyncio.AbstractEventLoop] = []
_own_loops_lock = threading.Lock()
_of_parent_process: list[object] = []


def _own_loop(level: int) -> asyncio.AbstractEventLoop:
    """Get ferrule's loop; level 1 and above serve hooks that block the loop below them."""
    with _own_loops_lock:
        while len(_own_loops) <= level:
            # What is made here stays, and would keep the context of the run that asked for it.
            loop = Context().run(_started_loop, f"ferrule-hooks-{len(_own_loops)}")
            _own_loops.append(loop)
        return _own_loops[level]


def _started_loop(name: str) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_task_factory(_own_task)
    threading.Thread(target=_serve, args=(loop,), name=name, daemon=True).start()
    return loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    while True:
        with suppress(
            KeyboardInterrupt, SystemExit
        ):  # a task raised it; that must not end the loop
            loop.run_forever()


def _forget_in_child() -> None:
    """Start anew after fork: threads are gone, and so is whoever held the lock.

    The parent's loops are kept, for finalising them would touch the selector that the child
    shares with its parent.
    """
    global _own_loops_lock  # noqa: PLW0603  one per process
    _of_parent_process.extend(_own_loops)
    _own_loops.clear()
    _unanswered.clear()
    _own_loops_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
