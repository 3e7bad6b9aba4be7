"""Imports and memory: what only a process of its own can tell."""

from __future__ import annotations

import functools
import importlib.util
from typing import Any

import pytest

from benches.fresh import MEASUREMENTS, measure_afresh
from benches.libraries import FERRULE, PEER
from benches.race import race, record, replayed_time

pytestmark = pytest.mark.benchmark(timer=replayed_time)

# Runs; langchain-core gets fewer, since its runs take long and the result is per run.
COUNTS = {
    "memory.finished_runs": {FERRULE: 1_000_000, PEER: 100_000},
    "memory.runs_in_flight": {FERRULE: 10_000, PEER: 10_000},
}
SMOKE_COUNT = 200
IMPORT_ROUNDS = 10


class _Process:
    """A contestant that is measured in a new process each round."""

    def __init__(self, what: str, contestant: str, count: int) -> None:
        self._arguments = what, contestant, count
        self.facts: dict[str, float] = {}

    def round(self) -> float:
        facts = measure_afresh(*self._arguments)
        seconds = facts.pop("seconds")
        self.facts = {
            name: max(value, self.facts.get(name, value)) for name, value in facts.items()
        }
        return seconds


@functools.cache
def _results(what: str) -> tuple[dict[str, list[float]], dict[str, _Process]]:
    processes = {
        contestant: _Process(what, contestant, COUNTS.get(what, {}).get(contestant, 1))
        for contestant in (FERRULE, PEER)
        if _is_installed(contestant)
    }
    rounds = 1 if what in COUNTS else IMPORT_ROUNDS
    if what not in COUNTS:
        for process in processes.values():
            process.round()  # compiles modules that have no bytecode yet
    return race(processes, rounds), processes


def _is_installed(contestant: str) -> bool:
    return importlib.util.find_spec(contestant.replace("-", "_")) is not None


@pytest.mark.timeout(0)
@pytest.mark.parametrize("contestant", [FERRULE, PEER])
@pytest.mark.parametrize("what", MEASUREMENTS)
def test_fresh_process(benchmark: Any, what: str, contestant: str) -> None:
    """Measure one thing in processes of its own; without measuring, see that it works."""
    if not _is_installed(contestant):
        pytest.skip(f"{contestant} is not installed.")
    benchmark.group = what
    if benchmark.disabled:
        assert benchmark(measure_afresh, what, contestant, SMOKE_COUNT)["seconds"] > 0
        return
    rounds, processes = _results(what)
    record(
        benchmark,
        rounds[contestant],
        workload=what,
        contestant=contestant,
        unit="process" if what not in COUNTS else "run",
        clock="CPU",
        **processes[contestant].facts,
    )
