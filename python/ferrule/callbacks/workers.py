"""Where async code calls what may block: in worker threads.

`asyncio` makes an executor for each loop, whose threads take turns. Where that is what a loop would
use, a call goes to a thread of ferrule's instead, to the one that was idle last: there and back
takes a third of the time (bench `ainvoke.sync_function`). An executor that the application gave
its loop is used as ever.

asyncio is imported where it is used: sync programs load this module without it.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from ferrule._core import Hop
from ferrule.callbacks.threads import are_closed, give

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

T = TypeVar("T")

__all__ = ["call_in_thread"]

MOST_AT_WORK = min(32, (os.cpu_count() or 1) + 4)
"""How many calls of one loop may be at work at once: as many as in the executor it would make."""


CALLS_AFTER_A_LONG_ONE = 16
"""For how many calls a loop goes on at once after one that it waited for in vain."""


class _Crew:
    """The calls of one loop: how many are at work, and those that wait for their turn.

    Most calls are short: a hook that writes a line. The loop's thread waits for those a moment
    before it goes on (`Hop.linger`), as it would otherwise fall asleep and have to be woken, which
    takes longer. Long ones show, and are not waited for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = 0
        self._not_waited_for = 0
        self._waiting: deque[Hop[Any]] = deque()

    def take(self, hop: Hop[Any]) -> None:
        """Give a call to a thread, now or when it is its turn."""
        with self._lock:
            if self._at_work == MOST_AT_WORK:
                self._waiting.append(hop)
                return
            self._at_work += 1
        try:
            give(_Turn(self, hop))
        except BaseException:
            with self._lock:
                self._at_work -= 1
            raise
        if self._not_waited_for:
            self._not_waited_for -= 1
        elif not hop.linger():
            self._not_waited_for = CALLS_AFTER_A_LONG_ONE

    def following(self) -> Hop[Any] | None:
        """Return the call that a thread has to make after one that is through."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._at_work -= 1
            return None


class _Turn:
    """One call of a loop, and its crew, which knows the next one."""

    __slots__ = ("_crew", "_hop")

    def __init__(self, crew: _Crew, hop: Hop[Any]) -> None:
        self._crew = crew
        self._hop = hop

    def run(self) -> None:
        self._hop.run()

    def following(self) -> _Turn | None:
        hop = self._crew.following()
        return None if hop is None else _Turn(self._crew, hop)

    def report(self) -> None:
        self._hop.report()


def call_in_thread(work: Callable[[], T], executor: Executor | None = None) -> Hop[T]:
    """Have a worker thread of the executor, or for the running loop, call something.

    Returns:
        What to await for the outcome. A thread cannot be stopped: a cancellation is raised when
        the call is through, so that nothing goes on below a run that has ended.

    Raises:
        RuntimeError: No loop is running, or the interpreter shuts down: a thread would be waited
            for in vain. Or the system has no further thread.
        OSError: The system has no further pipe.
    """
    import asyncio  # noqa: PLC0415  see the module's docstring

    if are_closed():
        msg = "No worker thread can be started while the interpreter shuts down."
        raise RuntimeError(msg)
    loop = asyncio.get_running_loop()
    hop = Hop(loop, work)
    crew = _crew_of(loop) if executor is None else None
    if crew is None:
        run = contextvars.Context().run
        run(loop.run_in_executor, executor, hop.run).add_done_callback(hop.follow)
    else:
        crew.take(hop)
    return hop


def _crew_of(loop: Any) -> _Crew | None:
    """Return a loop's crew, unless it has an executor that asyncio has not made."""
    import asyncio  # noqa: PLC0415  see the module's docstring

    method = getattr(loop.run_in_executor, "__func__", None)
    if method is not asyncio.BaseEventLoop.run_in_executor or loop._executor_shutdown_called:
        return None
    executor = loop._default_executor
    # asyncio marks its own by this name, which getting the address of a host makes already.
    if executor is not None and getattr(executor, "_thread_name_prefix", None) != "asyncio":
        return None
    crew: _Crew | None = getattr(loop, "ferrule_crew", None)
    if crew is None:
        crew = loop.ferrule_crew = _Crew()
    return crew
