"""Worker threads: where async code calls what may block.

`asyncio` makes an executor for each loop, whose threads take turns. Where that is what a loop would
use, a call goes to a thread of ferrule's instead, to the one that was idle last: there and back
takes a third of the time (bench `ainvoke.sync_function`). An executor that the application gave
its loop is used as ever.

asyncio is imported where it is used: sync programs load this module without it.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from ferrule._core import Hop

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
            _give_to_idle(self, hop)
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


class _Seat:
    """Where a thread waits for what it has to do.

    It waits at a pipe. Whoever writes to that gives the interpreter away for the moment, so that
    the thread finds it free when it wakes up, and systems wake it where the writer runs.
    """

    def __init__(self) -> None:
        self._reads, self._writes = os.pipe()
        self._given: deque[tuple[_Crew, Hop[Any]] | None] = deque()

    def put(self, given: tuple[_Crew, Hop[Any]] | None) -> None:
        self._given.append(given)
        os.write(self._writes, b"\0")

    def get(self) -> tuple[_Crew, Hop[Any]] | None:
        os.read(self._reads, 1)
        return self._given.popleft()

    def close(self) -> None:
        os.close(self._reads)
        os.close(self._writes)


_seats: dict[threading.Thread, _Seat] = {}
"""All worker threads, each with where it waits. They serve the loops of the whole process: a
loop's calls may wait for those of another, so each loop counts its own."""

_idle: list[_Seat] = []
"""Where those wait that have nothing to do; the last is the one that was at work last."""

_closed = threading.Event()


def _give_to_idle(crew: _Crew, hop: Hop[Any]) -> None:
    try:
        seat = _idle.pop()
    except IndexError:
        seat = _Seat()
        thread = threading.Thread(target=_serve, args=(seat,), name="ferrule-worker", daemon=True)
        # From Python 3.14 on, threads may keep the context that they are started in: a run's, here.
        try:
            contextvars.Context().run(thread.start)
        except BaseException:
            seat.close()
            raise
        _seats[thread] = seat
    seat.put((crew, hop))


def _serve(seat: _Seat) -> None:
    while (given := seat.get()) is not None:
        crew, hop = given
        following: Hop[Any] | None = hop
        while following is not None:
            hop = following
            hop.run()
            following = crew.following()
            if following is None:
                # Before the loop hears of the outcome: its next call is for this thread.
                _idle.append(seat)
            hop.report()
        del given, crew, hop


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

    if _closed.is_set() or sys.is_finalizing():
        message = "No worker thread can be started while the interpreter shuts down."
        raise RuntimeError(message)
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


def _close() -> None:
    """Wait for what is at work, as the interpreter does for the threads of executors."""
    _closed.set()
    for seat in list(_seats.values()):
        seat.put(None)
    for thread, seat in list(_seats.items()):
        thread.join()
        seat.close()


def _forget_in_child() -> None:
    """A forked child has none of its parent's threads."""
    _idle.clear()
    for seat in _seats.values():
        seat.close()
    _seats.clear()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
