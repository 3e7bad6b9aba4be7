"""Counting what workloads allocate."""

from __future__ import annotations

import pytest

from benches import floor
from benches.allocations import count
from benches.libraries import FERRULE


def test_what_is_allocated_is_counted_and_grows_with_the_work() -> None:
    """An event to one handler allocates next to nothing; a run does; ten runs ten times that."""
    names = ["on_chain_end.h1", "invoke.h1", "sequence10.h1"]
    try:
        counted = count(FERRULE, names)
    except floor.Unavailable as reason:
        pytest.skip(str(reason))
    event, run, sequence = (counted[name] for name in names)
    assert event[0] < 1
    assert 1 < run[0] < 20
    assert run[1] < 2_000
    assert 5 * run[1] < sequence[1] < 20 * run[1]
