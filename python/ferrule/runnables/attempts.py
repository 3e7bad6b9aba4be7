"""Attempts at something that may fail: how many, on which failures, and how long to wait."""

from __future__ import annotations

import random
from time import monotonic
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.runnables._typing import ExceptionTypes


class ExponentialJitterParams(TypedDict, total=False):
    """How waiting grows: `min(max, initial * exp_base ** (n - 1) + jitter)` after attempt *n*."""

    initial: float
    """Seconds after the first attempt; 1 unless given."""
    max: float
    """Seconds at most; 60 unless given."""
    exp_base: float
    """Factor from one wait to the next; 2 unless given."""
    jitter: float
    """Up to this many seconds are added at random; 1 unless given."""


def check_exceptions(types: Any, parameter: str) -> None:
    """Refuse what cannot be caught, before something else is to be.

    Args:
        types: An exception class, or a tuple of them.
        parameter: How the user called it.

    Raises:
        TypeError: It is neither.
    """
    for given in types if isinstance(types, tuple) else (types,):
        if not (isinstance(given, type) and issubclass(given, BaseException)):
            msg = (
                f"{parameter} is an exception class or a tuple of them, "
                f"but got {given!r} ({type(given).__name__})."
            )
            raise TypeError(msg)


def check_attempts(count: Any, waits: Any) -> None:
    """Refuse a number of attempts, or waits between them, that cannot be.

    Raises:
        TypeError: The number is none, or the waits are no dict.
        ValueError: The number is negative, or a wait has an unknown name.
    """
    if not isinstance(count, int):
        msg = f"stop_after_attempt is a number, but got {count!r} ({type(count).__name__})."
        raise TypeError(msg)
    if count < 0:
        msg = f"stop_after_attempt is at least 1, or 0 for no limit; got {count}."
        raise ValueError(msg)
    if waits is None:
        return
    if not isinstance(waits, dict):
        msg = f"exponential_jitter_params is a dict, but got {waits!r} ({type(waits).__name__})."
        raise TypeError(msg)
    known = ExponentialJitterParams.__annotations__
    for name in waits:
        if name not in known:
            msg = f"exponential_jitter_params has {name!r}; it takes {', '.join(known)}."
            raise ValueError(msg)


class FailedAttempt:
    """How an attempt ended, in the form of a finished future."""

    __slots__ = ("_error", "attempt_number")

    failed = True

    def __init__(self, attempt_number: int, error: BaseException) -> None:
        self.attempt_number = attempt_number
        self._error = error

    def exception(self) -> BaseException:
        """Return the failure."""
        return self._error

    def result(self) -> Any:
        """Raise the failure."""
        raise self._error


class RetryState:
    """What `on_retry` is told: which attempt failed, how, and how long the next one waits.

    The attributes are those of tenacity's `RetryCallState` of the same names.
    """

    __slots__ = (
        "args",
        "attempt_number",
        "idle_for",
        "kwargs",
        "outcome",
        "outcome_timestamp",
        "start_time",
        "upcoming_sleep",
    )

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs
        self.attempt_number = 1
        self.idle_for = 0.0
        self.outcome: FailedAttempt | None = None
        self.outcome_timestamp: float | None = None
        self.start_time = monotonic()
        self.upcoming_sleep = 0.0

    @property
    def seconds_since_start(self) -> float | None:
        """Seconds from the start of the first attempt to the last failure."""
        if self.outcome_timestamp is None:
            return None
        return self.outcome_timestamp - self.start_time

    def fail(self, error: BaseException, wait: float) -> None:
        """Record the failure of the current attempt and the wait that follows."""
        self.outcome = FailedAttempt(self.attempt_number, error)
        self.outcome_timestamp = monotonic()
        self.upcoming_sleep = wait

    def next(self) -> None:
        """Begin the next attempt."""
        self.attempt_number += 1
        self.idle_for += self.upcoming_sleep


class RetryPolicy:
    """When to try again."""

    def __init__(
        self,
        retry_on: ExceptionTypes | Callable[[BaseException], bool],
        attempts: int,
        jitter: ExponentialJitterParams | None,
    ) -> None:
        self._retry_on = retry_on
        self._attempts = attempts
        self._jitter = jitter

    def wait_after(self, attempt: int, error: BaseException) -> float | None:
        """Tell how many seconds to wait after a failed attempt; `None`: give up."""
        if self._attempts and attempt >= self._attempts:
            return None
        if not self._is_worth_it(error):
            return None
        if self._jitter is None:
            return 0.0
        grown: float = self._jitter.get("initial", 1.0) * self._jitter.get("exp_base", 2.0) ** (
            attempt - 1
        )
        # Spreading load needs no cryptographic randomness.
        added = random.uniform(0, self._jitter.get("jitter", 1.0))  # noqa: S311  no secret
        return max(0.0, min(grown + added, self._jitter.get("max", 60.0)))

    def _is_worth_it(self, error: BaseException) -> bool:
        if isinstance(self._retry_on, (tuple, type)):
            return isinstance(error, self._retry_on or (Exception,))
        return self._retry_on(error)
