"""Batches of a sequence, step by step: all inputs through one step, then through the next.

So a step that handles many inputs at once (a model with a batch call, say) gets them all.
Every input has a run of its own, which ends with its own output or error.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any

from ferrule._core import RunnableBase, RunPlan, get_config_list, input_list, patch_config
from ferrule.runnables.binding import RunnableBindingBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ferrule._core import OpenRun
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.sequence import RunnableSequence


def batches_natively(step: Runnable[Any, Any], method: str) -> bool:
    """Tell whether a step has a `batch` (or `abatch`) of its own, looking through bindings."""
    while getattr(type(step), method) is getattr(RunnableBindingBase, method):
        step = step.bound  # type: ignore[attr-defined]
    return getattr(type(step), method) is not getattr(RunnableBase, method)


class _Lane:
    """One input on its way through the steps."""

    __slots__ = ("config", "error", "run", "value")

    def __init__(self, value: Any, config: RunnableConfig) -> None:
        self.value = value
        self.config = config
        self.run: OpenRun | None = None
        self.error: BaseException | None = None

    def take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.error = result
        else:
            self.value = result

    def result(self) -> Any:
        return self.value if self.error is None else self.error


class _Batch:
    """The lanes of one batch, and what both colours of it have in common."""

    def __init__(
        self,
        sequence: RunnableSequence[Any, Any],
        inputs: Sequence[Any],
        config: RunnableConfig | Sequence[RunnableConfig] | None,
        return_exceptions: bool,
        kwargs: dict[str, Any],
    ) -> None:
        self.sequence = sequence
        self.return_exceptions = return_exceptions
        self.kwargs = kwargs
        values = input_list(inputs)
        configs = get_config_list(config, len(values))
        self.lanes = [_Lane(*pair) for pair in zip(values, configs, strict=True)]

    def plans(self) -> Iterator[tuple[_Lane, RunPlan]]:
        for lane in self.lanes:
            yield lane, RunPlan("chain", self.sequence, lane.config, payload=lane.value)

    def steps(
        self,
    ) -> Iterator[tuple[Runnable[Any, Any], list[_Lane], dict[str, Any]]]:
        """List what each step has to do, until nothing is left to do."""
        kwargs = self.kwargs
        for number, step in enumerate(self.sequence.steps, start=1):
            failed = any(lane.error is not None for lane in self.lanes)
            going = [lane for lane in self.lanes if lane.error is None]
            if not going or (failed and not self.return_exceptions):
                return
            configs = [
                patch_config(
                    lane.config, callbacks=lane.run.run_manager.get_child(f"seq:step:{number}")
                )
                for lane in going
                if lane.run is not None
            ]
            call = {"config": configs, "return_exceptions": True, **kwargs}
            yield step, going, call
            kwargs = {}

    @property
    def first_error(self) -> BaseException | None:
        return next((lane.error for lane in self.lanes if lane.error is not None), None)

    def endings(
        self, abort: BaseException | None = None
    ) -> Iterator[tuple[OpenRun, BaseException | None, Any]]:
        """List how each run that was opened ends.

        One that another's failure stopped ends as cancelled; what aborted the whole batch is the
        error of all that had none of their own.
        """
        from concurrent.futures import CancelledError  # noqa: PLC0415  rarely needed

        error = self.first_error
        stopped = error is not None and not self.return_exceptions
        for lane in self.lanes:
            if lane.run is None:
                continue
            if abort is not None:
                yield lane.run, lane.error or abort, None
            elif lane.error is None and stopped:
                cause = CancelledError("Another input of the batch failed.")
                cause.__cause__ = error
                yield lane.run, cause, None
            else:
                yield lane.run, lane.error, lane.value

    def results(self) -> list[Any]:
        error = self.first_error
        if error is not None and not self.return_exceptions:
            raise error
        return [lane.result() for lane in self.lanes]


def batch_steps(
    sequence: RunnableSequence[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None,
    return_exceptions: bool,
    kwargs: dict[str, Any],
) -> list[Any]:
    """Run a batch step by step.

    Slot *i* of the result belongs to input *i*: its output, or with `return_exceptions` the
    exception that stopped it, while the others go on. Without, the first failure ends the batch
    after the step in which it happened, and is raised.
    """
    batch = _Batch(sequence, inputs, config, return_exceptions, kwargs)
    try:
        for lane, plan in batch.plans():
            lane.run = plan.open()
        for step, lanes, call in batch.steps():
            results = step.batch([lane.value for lane in lanes], **call)
            for lane, result in zip(lanes, results, strict=True):
                lane.take(result)
    except BaseException as error:
        _end(batch.endings(error))
        raise
    _end(batch.endings())
    return batch.results()


async def abatch_steps(
    sequence: RunnableSequence[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None,
    return_exceptions: bool,
    kwargs: dict[str, Any],
) -> list[Any]:
    """Run a batch step by step, as `batch_steps` does, without blocking."""
    batch = _Batch(sequence, inputs, config, return_exceptions, kwargs)
    try:
        for lane, plan in batch.plans():
            lane.run = await plan.aopen()
        for step, lanes, call in batch.steps():
            results = await step.abatch([lane.value for lane in lanes], **call)
            for lane, result in zip(lanes, results, strict=True):
                lane.take(result)
    except BaseException as error:
        await _aend(batch.endings(error))
        raise
    await _aend(batch.endings())
    return batch.results()


def _end(endings: Iterable[tuple[OpenRun, BaseException | None, Any]]) -> None:
    """End runs in order, all of them even if a handler raises at one."""
    with ExitStack() as closing:
        for run, failure, output in reversed(list(endings)):
            if failure is None:
                closing.callback(run.end, output)
            else:
                closing.callback(run.fail, failure)


async def _aend(endings: Iterable[tuple[OpenRun, BaseException | None, Any]]) -> None:
    """End runs in order, all of them even if a handler raises at one or the caller is cancelled."""
    async with AsyncExitStack() as closing:
        for run, failure, output in reversed(list(endings)):
            if failure is None:
                closing.push_async_callback(run.aend, output)
            else:
                closing.push_async_callback(run.afail, failure)
