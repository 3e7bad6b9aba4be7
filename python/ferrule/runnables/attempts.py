"""Attempts at something that may fail: how many, on which failures, and how long to wait."""

from __future__ import annotations

import random
from time import monotonic
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import BaseRetrying, RetryCallState

    from ferrule.runnables._typing import ExceptionTypes


class ExponentialJitterParams(TypedDict, total=False):
    """How waiting grows: `min(max, initial * exp_base ** (n - 1) + jitter)` after attempt *n*."""

    initial: float
    """Seconds after the first attempt; 1 unless given."""
    max: float
    """Seconds at most; no limit unless given."""
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


class RetryPolicy:
    """When to try again, and how long to wait before.

    Args:
        retry_on: Exceptions worth another attempt, or a function that tells.
        attempts: How many in all; 0: no limit.
        waits: How waiting grows; `None`: no wait.
    """

    def __init__(
        self,
        retry_on: ExceptionTypes | Callable[[BaseException], bool],
        attempts: int,
        waits: ExponentialJitterParams | None,
    ) -> None:
        self._retry_on = retry_on
        self._attempts = attempts
        self._waits = waits

    def retrying(self) -> BaseRetrying:
        """Return the policy in tenacity's terms."""
        import tenacity  # noqa: PLC0415  only failures need it, and it loads asyncio

        on, attempts = self._retry_on, self._attempts
        return tenacity.Retrying(
            retry=(
                tenacity.retry_if_exception_type(on or (Exception,))
                if isinstance(on, (tuple, type))
                else tenacity.retry_if_exception(on)
            ),
            stop=tenacity.stop_after_attempt(attempts) if attempts else tenacity.stop_never,
            wait=tenacity.wait_none() if self._waits is None else _growing(self._waits),
        )


def _growing(params: ExponentialJitterParams) -> Callable[[RetryCallState], float]:
    """Return waits for tenacity, whose own of this kind warn of `initial` from 9.2 on."""
    initial, base = params.get("initial", 1.0), params.get("exp_base", 2.0)
    jitter, limit = params.get("jitter", 1.0), params.get("max", float("inf"))

    def wait(state: RetryCallState) -> float:
        try:
            grown = initial * base ** (state.attempt_number - 1)
        except OverflowError:
            return limit
        # Spreading load needs no cryptographic randomness.
        return max(0.0, min(grown + random.uniform(0, jitter), limit))  # noqa: S311  no secret

    return wait


class Attempts:
    """The attempts at one call, judged by a policy from the first failure on."""

    __slots__ = ("_args", "_began", "_kwargs", "_policy", "_state", "number")

    def __init__(self, policy: RetryPolicy, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.number = 1
        self._policy = policy
        self._args = args
        self._kwargs = kwargs
        self._began = monotonic()
        self._state: RetryCallState | None = None

    def after(self, error: BaseException) -> RetryCallState | None:
        """Judge the failure of the current attempt.

        Returns:
            What handlers are told of another attempt: its `upcoming_sleep` is how many seconds to
            wait. `None`: give up.
        """
        state = self._state or self._first_state()
        state.set_exception((type(error), error, error.__traceback__))
        judge = state.retry_object
        if not judge.retry(state) or judge.stop(state):
            # Nobody is told: the failure is not kept by what its own traceback refers to.
            state.outcome = None
            return None
        state.upcoming_sleep = judge.wait(state)
        return state

    def _first_state(self) -> RetryCallState:
        from tenacity import RetryCallState  # noqa: PLC0415  see `RetryPolicy.retrying`

        state = RetryCallState(self._policy.retrying(), None, self._args, self._kwargs)
        state.start_time = self._began
        self._state = state
        return state

    def next(self, state: RetryCallState) -> None:
        """Begin the next attempt."""
        state.idle_for += state.upcoming_sleep
        state.prepare_for_next_attempt()
        self.number = state.attempt_number
