"""`RunnableRetry`: try again when it fails."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, ClassVar

from ferrule._core import patch_config
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.attempts import (
    Attempts,
    ExponentialJitterParams,
    RetryPolicy,
    check_attempts,
    check_exceptions,
)
from ferrule.runnables.binding import ItemwiseBinding

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables._typing import ExceptionTypes
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig

__all__ = ["ExponentialJitterParams", "RunnableRetry"]


class RunnableRetry(ItemwiseBinding[Input, Output]):
    """Run another runnable until it succeeds or the attempts are used up.

    All attempts are children of one run; the second and later ones have the tag
    `retry:attempt:n`. Before each of those, handlers get `on_retry` with tenacity's
    `RetryCallState`, to be read at once: its `outcome` is that of the attempt that has just
    failed. The last failure is raised as it is. In a batch every input has attempts of its own.
    Streaming is not retried, since chunks that were handed out cannot be taken back.

    Args:
        bound: The runnable.
        retry_exception_types: Exceptions worth another attempt, or a function that tells.
        wait_exponential_jitter: Wait between attempts, longer each time, with a random part.
        exponential_jitter_params: How long, in seconds.
        max_attempt_number: How many attempts in all; 0: no limit.
        **bound_parts: What else `RunnableBinding` takes.

    Raises:
        TypeError: What to retry on is neither exception classes nor a function, or the number of
            attempts is no number.
        ValueError: The number of attempts is negative, or a wait has an unknown name.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> failures = [ValueError("first"), ValueError("second")]
        >>> def flaky(x):
        ...     if failures:
        ...         raise failures.pop(0)
        ...     return x + 1
        >>> RunnableLambda(flaky).with_retry(wait_exponential_jitter=False).invoke(1)
        2
    """

    _told_parts: ClassVar[Mapping[str, Any]] = {
        **ItemwiseBinding._told_parts,
        "retry_exception_types": (Exception,),
        "wait_exponential_jitter": True,
        "exponential_jitter_params": None,
        "max_attempt_number": 3,
    }

    def __init__(
        self,
        *,
        bound: Runnable[Input, Output],
        retry_exception_types: ExceptionTypes | Callable[[BaseException], bool] = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: ExponentialJitterParams | None = None,
        max_attempt_number: int = 3,
        **bound_parts: Any,
    ) -> None:
        super().__init__(bound=bound, **bound_parts)
        if isinstance(retry_exception_types, (tuple, type)) or not callable(retry_exception_types):
            check_exceptions(retry_exception_types, "retry_if_exception_type")
        check_attempts(max_attempt_number, exponential_jitter_params)
        self.name = None
        self.retry_exception_types = retry_exception_types
        self.wait_exponential_jitter = wait_exponential_jitter
        self.exponential_jitter_params = exponential_jitter_params
        self.max_attempt_number = max_attempt_number

    @property
    def _policy(self) -> RetryPolicy:
        jitter = self.exponential_jitter_params or ExponentialJitterParams()
        return RetryPolicy(
            self.retry_exception_types,
            self.max_attempt_number,
            jitter if self.wait_exponential_jitter else None,
        )

    def _with(self, **changes: Any) -> Any:
        return super()._with(
            **{
                "retry_exception_types": self.retry_exception_types,
                "wait_exponential_jitter": self.wait_exponential_jitter,
                "exponential_jitter_params": self.exponential_jitter_params,
                "max_attempt_number": self.max_attempt_number,
                **changes,
            }
        )

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Output:
        return self._call_with_config(self._invoke, input, config, **kwargs)

    def ainvoke(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Output]:
        return self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def _invoke(
        self,
        value: Input,
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Output:
        attempts = Attempts(self._policy, (value,), kwargs)
        while True:
            try:
                return super().invoke(
                    value, self._attempt_config(attempts, run_manager, config), **kwargs
                )
            except BaseException as error:
                state = attempts.after(error)
                if state is None:
                    raise
            run_manager.on_retry(state)
            sleep(state.upcoming_sleep)
            attempts.next(state)

    async def _ainvoke(
        self,
        value: Input,
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Output:
        import asyncio  # noqa: PLC0415  sync programs need no asyncio

        attempts = Attempts(self._policy, (value,), kwargs)
        while True:
            try:
                return await super().ainvoke(
                    value, self._attempt_config(attempts, run_manager, config), **kwargs
                )
            except BaseException as error:
                state = attempts.after(error)
                if state is None:
                    raise
            await run_manager.on_retry(state)
            await asyncio.sleep(state.upcoming_sleep)
            attempts.next(state)

    @staticmethod
    def _attempt_config(
        attempts: Attempts,
        run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> RunnableConfig:
        tag = f"retry:attempt:{attempts.number}" if attempts.number > 1 else None
        return patch_config(config, callbacks=run_manager.get_child(tag))
