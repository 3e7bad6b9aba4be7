"""Tests of rate limiters, on a clock that only moves when someone sleeps."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from ferrule.rate_limiters import InMemoryRateLimiter


class Clock:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(asyncio, "sleep", clock.asleep)
    return clock


def test_starts_empty(clock: Clock) -> None:
    """The time between construction and the first request earns nothing."""
    limiter = InMemoryRateLimiter(requests_per_second=1)
    clock.now += 60
    assert not limiter.acquire(blocking=False)


def test_grants_at_the_rate(clock: Clock) -> None:
    """Waiting callers are served once per period."""
    limiter = InMemoryRateLimiter(requests_per_second=4, check_every_n_seconds=10)
    times = []
    for _ in range(4):
        assert limiter.acquire()
        times.append(clock.now)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == pytest.approx([0.25, 0.25, 0.25], abs=1e-5)


def test_looks_at_least_as_often_as_told(clock: Clock) -> None:
    """No pause is longer than `check_every_n_seconds`."""
    limiter = InMemoryRateLimiter(requests_per_second=1, check_every_n_seconds=0.1)
    assert limiter.acquire()
    assert len(clock.pauses) >= 10
    assert max(clock.pauses) <= 0.1


def test_short_waits_add_up(clock: Clock) -> None:
    """Looking often does not lose the time between two looks."""
    limiter = InMemoryRateLimiter(requests_per_second=2)
    for _ in range(6):
        limiter.acquire(blocking=False)
        clock.now += 0.1
    assert limiter.acquire(blocking=False)


def test_burst_is_bounded_by_the_bucket(clock: Clock) -> None:
    """After a long pause as many requests pass at once as the bucket holds."""
    limiter = InMemoryRateLimiter(requests_per_second=10, max_bucket_size=3)
    limiter.acquire(blocking=False)
    clock.now += 1000
    assert [limiter.acquire(blocking=False) for _ in range(4)] == [True, True, True, False]


def test_async_waits_the_same_time(clock: Clock) -> None:
    """The async method grants at the same rate."""
    limiter = InMemoryRateLimiter(requests_per_second=2, check_every_n_seconds=10)

    async def use() -> list[float]:
        times = []
        for _ in range(3):
            assert await limiter.aacquire()
            times.append(clock.now)
        assert not await limiter.aacquire(blocking=False)
        return times

    first, second, third = asyncio.run(use())
    assert [second - first, third - second] == pytest.approx([0.5, 0.5], abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"requests_per_second": 0}, "requests_per_second"),
        ({"check_every_n_seconds": 0}, "check_every_n_seconds"),
        ({"max_bucket_size": 0.5}, "max_bucket_size"),
    ],
)
def test_refuses_settings_that_never_grant(settings: dict[str, Any], named: str) -> None:
    """A setting under which nobody would ever be served is refused by name."""
    with pytest.raises(ValueError, match=named):
        InMemoryRateLimiter(**settings)


@pytest.mark.parametrize("setting", ["requests_per_second", "check_every_n_seconds"])
def test_settings_are_numbers(setting: str) -> None:
    """A setting that is no number is refused by name and value."""
    with pytest.raises(TypeError, match=rf"{setting} is a number, but got '2' \(str\)"):
        InMemoryRateLimiter(**{setting: "2"})
