"""Batches whose runs are open side by side: each input has one, however the work is shared out."""

from __future__ import annotations

from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ferrule._core import RunPlan, get_config_list, input_list, patch_config
from ferrule.runnables.endings import aend_all, end_all
from ferrule.runnables.signature import accepts_config, accepts_run_manager

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

    from typing_extensions import Self

    from ferrule._core import OpenRun
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.endings import Ending


class Lane:
    """One input on its way to its output, in a run of its own."""

    __slots__ = ("config", "error", "run", "stopped", "value")

    def __init__(self, value: Any, config: RunnableConfig) -> None:
        self.value = value
        self.config = config
        self.run: OpenRun | None = None
        self.error: BaseException | None = None
        self.stopped: BaseException | None = None

    @property
    def run_manager(self) -> Any:
        """The manager of the run, which is open."""
        return self.run and self.run.run_manager

    def child_config(self, tag: str | None = None) -> RunnableConfig:
        """Return the config for calls below the run."""
        return patch_config(self.config, callbacks=self.run_manager.get_child(tag))

    def take(self, result: Any) -> None:
        """Keep what became of the value: the next one, or the exception that ends the lane."""
        if isinstance(result, Exception):
            self.error = result
        else:
            self.value = result

    def result(self) -> Any:
        """Return the value, or the exception."""
        return self.value if self.error is None else self.error


class Lanes:
    """The lanes of a batch, and the context, sync or async, in which their runs are open.

    An exception that leaves the context is the error of all runs that have none of their own.

    Args:
        owner: The runnable whose runs they are.
        inputs: The inputs.
        config: The caller's config, or one for each input.
        return_exceptions: Whether a failure is a result.
        run_type: The start events' `run_type`.
    """

    def __init__(
        self,
        owner: Runnable[Any, Any],
        inputs: Sequence[Any],
        config: RunnableConfig | Sequence[RunnableConfig] | None,
        *,
        return_exceptions: bool,
        run_type: str | None = None,
    ) -> None:
        self.return_exceptions = return_exceptions
        self._owner = owner
        self._run_type = run_type
        values = input_list(inputs)
        configs = get_config_list(config, len(values))
        self._lanes = [Lane(*pair) for pair in zip(values, configs, strict=True)]

    def __enter__(self) -> Self:
        try:
            for lane, plan in self._plans():
                lane.run = plan.open()
        except BaseException as error:
            self.__exit__(None, error)
            raise
        return self

    def __exit__(self, _type: object, abort: BaseException | None, *_: object) -> None:
        end_all(self._endings(abort))

    async def __aenter__(self) -> Self:
        try:
            for lane, plan in self._plans():
                lane.run = await plan.aopen()
        except BaseException as error:
            await self.__aexit__(None, error)
            raise
        return self

    async def __aexit__(self, _type: object, abort: BaseException | None, *_: object) -> None:
        await aend_all(self._endings(abort))

    def _plans(self) -> Iterator[tuple[Lane, RunPlan]]:
        for lane in self._lanes:
            yield (
                lane,
                RunPlan(
                    "chain", self._owner, lane.config, payload=lane.value, run_type=self._run_type
                ),
            )

    def _endings(self, abort: BaseException | None) -> Iterator[Ending]:
        """List how each run that was opened ends."""
        for lane in self._lanes:
            if lane.run is not None:
                yield lane.run, lane.error or abort or lane.stopped, lane.value

    @property
    def first_error(self) -> BaseException | None:
        """The failure of the first lane that has failed."""
        return next((lane.error for lane in self._lanes if lane.error is not None), None)

    def going(self) -> list[Lane]:
        """List the lanes that have not failed."""
        return [lane for lane in self._lanes if lane.error is None]

    def stop(self, error: BaseException) -> None:
        """End the lanes that are going as cancelled, because of another's failure."""
        for lane in self.going():
            lane.stopped = CancelledError("Another input of the batch failed.")
            lane.stopped.__cause__ = error

    def results(self) -> list[Any]:
        """Return one result for each input.

        Raises:
            BaseException: The first failure, unless failures are results.
        """
        error = self.first_error
        if error is not None and not self.return_exceptions:
            raise error
        return [lane.result() for lane in self._lanes]

    def arguments(self, func: Callable[..., Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments of a function that works on all lanes at once."""
        passed = dict(kwargs)
        if accepts_config(func):
            passed["config"] = [lane.child_config() for lane in self._lanes]
        if accepts_run_manager(func):
            passed["run_manager"] = [lane.run_manager for lane in self._lanes]
        return passed

    @property
    def values(self) -> list[Any]:
        """What the lanes have come to."""
        return [lane.value for lane in self._lanes]

    def take(self, outputs: Any) -> None:
        """Keep what a function made of the values."""
        hand_out(outputs, self._lanes, self._owner.get_name())

    @contextmanager
    def failing_together(self) -> Generator[None]:
        """Take a failure inside for the result of each lane, if failures are results."""
        try:
            yield
        except Exception as error:
            if not self.return_exceptions:
                raise
            for lane in self._lanes:
                lane.take(error)


def hand_out(outputs: Any, lanes: Sequence[Lane], maker: str) -> None:
    """Give each lane what was made of its value.

    Raises:
        TypeError: It is no list.
        ValueError: There is not one output for each lane.
    """
    if not isinstance(outputs, (list, tuple)):
        msg = (
            f"{maker} made {outputs!r} ({type(outputs).__name__}) of a batch: "
            "return a list with an output, or an exception, for each input."
        )
        raise TypeError(msg)
    if len(outputs) != len(lanes):
        msg = (
            f"{maker} made {len(outputs)} outputs of {len(lanes)} inputs: "
            "return one for each input, in their order."
        )
        raise ValueError(msg)
    for lane, output in zip(lanes, outputs, strict=True):
        lane.take(output)


def batch_together(
    lanes: Lanes, func: Callable[..., Sequence[Any]], kwargs: dict[str, Any]
) -> list[Any]:
    """Have a function work on all inputs at once."""
    if not lanes.values:
        return []
    with lanes, lanes.failing_together():
        lanes.take(func(lanes.values, **lanes.arguments(func, kwargs)))
    return lanes.results()


async def abatch_together(
    lanes: Lanes, func: Callable[..., Awaitable[Sequence[Any]]], kwargs: dict[str, Any]
) -> list[Any]:
    """Have a coroutine function work on all inputs at once."""
    if not lanes.values:
        return []
    async with lanes:
        with lanes.failing_together():
            lanes.take(await func(lanes.values, **lanes.arguments(func, kwargs)))
    return lanes.results()
