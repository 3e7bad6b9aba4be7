"""Batches of a sequence, step by step: all inputs through one step, then through the next.

So a step that handles many inputs at once (a model with a batch call, say) gets them all.
Every input has a run of its own, which ends with its own output or error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._core import RunnableBase
from ferrule.runnables.binding import RunnableBindingBase
from ferrule.runnables.lanes import Lane, Lanes, hand_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.sequence import RunnableSequence


def batches_natively(step: Runnable[Any, Any], method: str) -> bool:
    """Tell whether a step has a `batch` (or `abatch`) of its own, looking through bindings."""
    while True:
        of_class = getattr(type(step), method)
        if method in vars(step):  # a test double, say
            return True
        if of_class is not getattr(RunnableBindingBase, method):
            return of_class is not getattr(RunnableBase, method)
        step = step.bound  # type: ignore[attr-defined]


def _steps(
    sequence: RunnableSequence[Any, Any], lanes: Lanes, kwargs: dict[str, Any]
) -> Iterator[tuple[Runnable[Any, Any], list[Lane], dict[str, Any]]]:
    """List what each step has to do, until nothing is left to do."""
    for number, step in enumerate(sequence.steps, start=1):
        going = lanes.going()
        if not going:
            return
        configs = [lane.child_config(f"seq:step:{number}") for lane in going]
        yield step, going, {"config": configs, "return_exceptions": True, **kwargs}
        kwargs = {}
        error = lanes.first_error
        if error is not None and not lanes.return_exceptions:
            lanes.stop(error)
            return


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
    with Lanes(sequence, inputs, config, return_exceptions=return_exceptions) as lanes:
        for step, going, call in _steps(sequence, lanes, kwargs):
            results = step.batch([lane.value for lane in going], **call)
            hand_out(results, going, step.get_name())
    return lanes.results()


async def abatch_steps(
    sequence: RunnableSequence[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None,
    return_exceptions: bool,
    kwargs: dict[str, Any],
) -> list[Any]:
    """Run a batch step by step, as `batch_steps` does, without blocking."""
    async with Lanes(sequence, inputs, config, return_exceptions=return_exceptions) as lanes:
        for step, going, call in _steps(sequence, lanes, kwargs):
            results = await step.abatch([lane.value for lane in going], **call)
            hand_out(results, going, step.get_name())
    return lanes.results()
