"""Rate limiters: how often a model may send a request.

A chat model waits for its `rate_limiter` after its run has started and before its request, so
the wait belongs to the run's time. A response from the cache waits for nothing.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from numbers import Real
from typing import Any

from ferrule._lazy import later
from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising

__all__ = ["BaseRateLimiter", "InMemoryRateLimiter"]

# Event loops are loaded when something is awaited.
_later = later(__name__, {"asyncio": "sleep"})


class BaseRateLimiter(Guised, Recognising, ABC):
    """What grants the permission to send one request, for threads and for tasks."""

    @abstractmethod
    def acquire(self, *, blocking: bool = True) -> bool:
        """Take one permission and say whether there was one.

        Args:
            blocking: Wait until there is one (the answer is then True); otherwise answer at once.
        """

    @abstractmethod
    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Do what `acquire` does, without blocking the event loop while waiting."""


class InMemoryRateLimiter(BaseRateLimiter):
    """A token bucket in this process's memory, shared by threads and tasks alike.

    The bucket starts empty, gains `requests_per_second` permissions each second and holds at
    most `max_bucket_size` of them, which bounds a burst. It counts requests, not their size, and
    does not reach beyond this process. Who waits is served in no particular order.

    Args:
        requests_per_second: Permissions gained per second.
        check_every_n_seconds: Longest pause of a waiting caller between two looks at the bucket,
            in seconds; the pause is shorter when the next permission is due sooner.
        max_bucket_size: Most permissions the bucket holds.

    Raises:
        TypeError: If one of them is no number.
        ValueError: If the rate or the pause is not positive, or the bucket holds less than one.

    Example:
        >>> limiter = InMemoryRateLimiter(requests_per_second=1000, max_bucket_size=5)
        >>> limiter.acquire()
        True
    """

    def __init__(
        self,
        *,
        requests_per_second: float = 1,
        check_every_n_seconds: float = 0.1,
        max_bucket_size: float = 1,
    ) -> None:
        numbers: dict[str, Any] = {
            "requests_per_second": requests_per_second,
            "check_every_n_seconds": check_every_n_seconds,
            "max_bucket_size": max_bucket_size,
        }
        for name, number in numbers.items():
            if not isinstance(number, Real):
                msg = f"{name} is a number, but got {number!r} ({type(number).__name__})."
                raise TypeError(msg)
        if requests_per_second <= 0:
            msg = f"requests_per_second must be positive, not {requests_per_second!r}."
            raise ValueError(msg)
        if check_every_n_seconds <= 0:
            msg = f"check_every_n_seconds must be positive, not {check_every_n_seconds!r}."
            raise ValueError(msg)
        if max_bucket_size < 1:
            msg = (
                f"max_bucket_size must be at least 1, not {max_bucket_size!r}: "
                "a smaller bucket never holds a whole permission."
            )
            raise ValueError(msg)
        self.requests_per_second = requests_per_second
        self.check_every_n_seconds = check_every_n_seconds
        self.max_bucket_size = max_bucket_size
        self.available_tokens = 0.0
        # When the bucket was last filled: unknown until the first request, so that the time
        # between construction and that request does not count.
        self.last: float | None = None
        self._lock = threading.Lock()

    def acquire(self, *, blocking: bool = True) -> bool:
        while pause := self._take():
            if not blocking:
                return False
            time.sleep(pause)
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        while pause := self._take():
            if not blocking:
                return False
            await _later("sleep")(pause)
        return True

    def _take(self) -> float:
        """Take a permission and return 0, or return the seconds to wait before the next look."""
        with self._lock:
            now = time.monotonic()
            if self.last is not None:
                gained = (now - self.last) * self.requests_per_second
                self.available_tokens = min(self.available_tokens + gained, self.max_bucket_size)
            self.last = now
            if self.available_tokens >= 1:
                self.available_tokens -= 1
                return 0.0
            due = (1 - self.available_tokens) / self.requests_per_second
            # A pause of rounding-error length would spin; the clock's grain is about a microsecond.
            return max(min(due, self.check_every_n_seconds), 1e-6)
