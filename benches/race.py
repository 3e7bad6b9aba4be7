"""Measuring side by side: rounds of all contestants alternate, so that drift hits each of them.

pytest-benchmark keeps the book. It asks a timer before and after each of its own rounds;
`replayed_time` answers with what was measured here, so that a contestant's entry holds its rounds
of the race.
"""

from __future__ import annotations

import gc
import math
import time
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING, Any, Protocol

from benches.libraries import library

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from benches.workload import Workload

__all__ = ["GC_POLICY", "Lane", "Racer", "race", "record", "replayed_time"]

# A round is long against the clock's resolution and short against a machine's moods; a
# contestant's rounds of one workload take half a second, or as long as the least number takes.
ROUND_SECONDS = 0.005
BUDGET_SECONDS = 0.5
LEAST_ROUNDS, MOST_ROUNDS = 7, 60

GC_POLICY = (
    "The cyclic collector runs as it does by default. What existed before a workload is frozen,"
    " and garbage is collected before each round."
)


class Racer(Protocol):
    """One contestant at one workload."""

    def round(self) -> float:
        """Return the seconds that one unit took, in one more round."""


class Lane:
    """A contestant that is measured in this process."""

    def __init__(
        self, workload: Workload, contestant: str, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._workload = workload
        self._loop = loop
        self._clock = time.perf_counter if workload.is_wall else time.process_time
        self._call = workload.build(library(contestant))
        self._repeats = 1

    def once(self) -> Any:
        """Make the call once, and return what it returns."""
        if not self._workload.is_async:
            return self._call()

        async def call() -> Any:
            return await self._call()

        return self._loop.run_until_complete(call())

    def warm_up(self) -> None:
        """Find how many calls make a round."""
        self.burst()
        while (seconds := self.burst()) < ROUND_SECONDS:
            missing = ROUND_SECONDS / max(seconds, 1e-6)
            self._repeats = math.ceil(self._repeats * min(10.0, 1.1 * missing))

    def round(self) -> float:
        gc.collect()
        return self.burst() / (self._repeats * self._workload.count)

    def burst(self) -> float:
        """Make the calls of a round, and return the seconds that all of them took."""
        if self._workload.is_async:
            awaited = _awaited(self._call, self._repeats, self._clock)
            return self._loop.run_until_complete(awaited)
        return _called(self._call, self._repeats, self._clock)


def _called(call: Callable[[], Any], repeats: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in repeat(None, repeats):
        call()
    return clock() - start


async def _awaited(call: Callable[[], Any], repeats: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in repeat(None, repeats):
        await call()
    return clock() - start


def race(racers: Mapping[str, Racer], most_rounds: int = MOST_ROUNDS) -> dict[str, list[float]]:
    """Measure contestants in turn, and return each one's seconds per unit, round by round.

    Who begins changes with every round. A slow contestant drops out when its time is used up;
    the others go on to theirs.
    """
    names = list(racers)
    rounds: dict[str, list[float]] = {name: [] for name in names}
    spent = dict.fromkeys(names, 0.0)
    gc.collect()
    gc.freeze()
    try:
        for number in range(most_rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                if number >= LEAST_ROUNDS and spent[name] > BUDGET_SECONDS:
                    continue
                start = time.perf_counter()
                rounds[name].append(racers[name].round())
                spent[name] += time.perf_counter() - start
    finally:
        gc.unfreeze()
    return rounds


# --------------------------------------------------------------------- pytest-benchmark


@dataclass
class _Replay:
    readings: Iterator[float]


_replay = _Replay(iter(()))


def replayed_time() -> float:
    """Read the clock of the race that is being entered; a timer for pytest-benchmark."""
    return next(_replay.readings)


def record(benchmark: Any, seconds: Iterable[float], **facts: Any) -> None:
    """Enter measured rounds, and facts about them, for the test that `benchmark` belongs to."""
    durations = list(seconds)
    benchmark.extra_info.update(facts)
    # Twice per round, at its start and at its end: 0, a, a, a + b, a + b, a + b + c, …
    ends = list(accumulate(durations))
    starts = [0.0, *ends[:-1]]
    _replay.readings = chain.from_iterable(zip(starts, ends, strict=True))
    benchmark.pedantic(_nothing, rounds=len(durations))


def _nothing() -> None:
    """Take the place of the call, which the race has made."""
