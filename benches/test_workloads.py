"""Every workload, by every contestant: `pytest benches -k invoke` picks some by name."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

import benches.scenarios  # noqa: F401  registers the workloads
from benches.libraries import CONTESTANTS, FERRULE, FLOOR, Absent, library
from benches.race import Lane, race, record, replayed_time
from benches.workload import WORKLOADS

if TYPE_CHECKING:
    import asyncio

pytestmark = pytest.mark.benchmark(timer=replayed_time)

ENTRIES = [
    pytest.param(name, contestant, id=f"{name}-{contestant}")
    for name, workload in WORKLOADS.items()
    for contestant in CONTESTANTS
    if contestant != FLOOR or workload.has_floor
]


@functools.cache
def _rounds(name: str, loop: asyncio.AbstractEventLoop) -> dict[str, list[float]]:
    """Race all contestants that can take part; their tests then enter the results one by one."""
    workload, lanes = WORKLOADS[name], {}
    for contestant in CONTESTANTS:
        if contestant == FLOOR and not workload.has_floor:
            continue
        try:
            lanes[contestant] = Lane(workload, contestant, loop)
        except Absent:
            continue
    for lane in lanes.values():
        lane.warm_up()
    return race(lanes)


@functools.cache
def _answer(name: str, loop: asyncio.AbstractEventLoop) -> Any:
    return Lane(WORKLOADS[name], FERRULE, loop).once()


def _is_plain(value: Any) -> bool:
    """Tell whether a value holds no object of the library that made it."""
    if isinstance(value, (list, dict)):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return value is None or type(value) in (int, str)


@pytest.mark.parametrize(("name", "contestant"), ENTRIES)
def test_workload(
    benchmark: Any, name: str, contestant: str, loop: asyncio.AbstractEventLoop
) -> None:
    """Measure one workload by one contestant; without measuring, compare its answer."""
    try:
        library(contestant)
    except Absent as reason:
        pytest.skip(str(reason))
    workload = WORKLOADS[name]
    benchmark.group = name
    if benchmark.disabled:
        answer = benchmark(Lane(workload, contestant, loop).once)
        expected = _answer(name, loop)
        if _is_plain(expected):
            assert answer == expected
        return
    record(
        benchmark,
        _rounds(name, loop)[contestant],
        workload=name,
        contestant=contestant,
        unit=workload.unit,
        clock="wall" if workload.is_wall else "CPU",
    )
