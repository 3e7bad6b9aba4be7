"""Worker threads that stay: work goes to the one that was idle last.

To start a thread for a piece of work takes longer than most of it. A thread that waits for more is
there in 10 to 20 µs (benches `ainvoke.sync_function`, `parallel3.stream`).
"""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Turn", "are_closed", "give"]

MOST_IDLE = 64
"""How many threads stay at the most when there is nothing to do: each keeps a pipe open."""


class Turn(Protocol):
    """What a worker thread does at a time. None of its methods may raise."""

    def run(self) -> None:
        """Do the work, and keep what came of it."""

    def following(self) -> Self | None:
        """Say what the same thread has to do next, if anything."""

    def report(self) -> None:
        """Tell whoever waits for the work. By then the thread is idle, unless a turn follows."""


class _Seat:
    """Where a thread waits for what it has to do.

    It waits at a pipe. Whoever writes to that gives the interpreter away for the moment, so that
    the thread finds it free when it wakes up, and systems wake it where the writer runs.
    """

    def __init__(self) -> None:
        self._reads, self._writes = os.pipe()
        self._given: deque[Turn | None] = deque()

    def put(self, turn: Turn | None) -> None:
        self._given.append(turn)
        os.write(self._writes, b"\0")

    def get(self) -> Turn | None:
        os.read(self._reads, 1)
        return self._given.popleft()

    def close(self) -> None:
        os.close(self._reads)
        os.close(self._writes)


_idle: list[_Seat] = []
"""Where those wait that have nothing to do; the last is the one that was at work last."""

_seats: dict[threading.Thread, _Seat] = {}
"""All worker threads, each with where it waits. They serve the whole process."""

_leaving = threading.Lock()
"""Held while a thread gives up its seat, and while all are told to."""

_closed = threading.Event()


def are_closed() -> bool:
    """Tell whether the interpreter shuts down: no thread takes work any more."""
    return _closed.is_set() or sys.is_finalizing()


def give(turn: Turn) -> None:
    """Have a worker thread take a turn, at once: there are as many threads as that takes.

    Raises:
        RuntimeError: The interpreter shuts down: a thread would be waited for in vain. Or the
            system has no further thread.
        OSError: The system has no further pipe.
    """
    if are_closed():
        message = "No worker thread can be started while the interpreter shuts down."
        raise RuntimeError(message)
    try:
        seat = _idle.pop()
    except IndexError:
        seat = _take_seat()
    seat.put(turn)


def _take_seat() -> _Seat:
    seat = _Seat()
    thread = threading.Thread(target=_serve, args=(seat,), name="ferrule-worker", daemon=True)
    # From Python 3.14 on, threads may keep the context that they are started in: a run's, here.
    try:
        contextvars.Context().run(thread.start)
    except BaseException:
        seat.close()
        raise
    _seats[thread] = seat
    return seat


def _serve(seat: _Seat) -> None:
    stays = True
    while stays and (turn := seat.get()) is not None:
        following: Turn | None = turn
        while following is not None:
            turn = following
            turn.run()
            following = turn.following()
            if following is None and (stays := len(_idle) < MOST_IDLE):
                # Before anybody hears of the outcome: what comes of that is for this thread.
                _idle.append(seat)
            turn.report()
        del turn
    if not stays:
        with _leaving:
            del _seats[threading.current_thread()]
            seat.close()


def _close() -> None:
    """Wait for what is at work, as the interpreter does for the threads of executors."""
    _closed.set()
    with _leaving:
        seats = dict(_seats)
        for seat in seats.values():
            seat.put(None)
    for thread, seat in seats.items():
        thread.join()
        if thread in _seats:
            seat.close()


def _forget_in_child() -> None:
    """A forked child has none of its parent's threads."""
    global _leaving  # noqa: PLW0603  another thread may have held it
    _leaving = threading.Lock()
    _idle.clear()
    for seat in _seats.values():
        seat.close()
    _seats.clear()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
