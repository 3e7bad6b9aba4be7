"""`RunnableSequence`: what `|` makes, each step on the output of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ferrule._core import SequenceDrive, patch_config
from ferrule._lazy import later
from ferrule.callbacks.abandoned import aclose_all, owned
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.coerce import coerce_to_runnable
from ferrule.runnables.layout import indented
from ferrule.runnables.transforming import Transforming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence

    from pydantic import BaseModel

    from ferrule.callbacks import AsyncCallbackManagerForChainRun
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph

_FEWEST_STEPS = 2

# Loaded with the first batch.
_later = later(
    __name__, {"ferrule.runnables.stepwise": "abatch_steps batch_steps batches_natively"}
)


class RunnableSequence(SequenceDrive, Transforming[Input, Output]):
    """Run steps one after the other, each on the output of the one before.

    Usually made with `|`. Streaming passes each chunk through all steps before the next one is
    made, as far as the steps can. The child run of step *n* has the tag `seq:step:n`.

    Args:
        *steps: Two or more runnables, functions or mappings; sequences are flattened.
        name: Name of the runs.
        first: With `middle` and `last`, another way to give the steps.
        middle: See `first`.
        last: See `first`.

    Raises:
        ValueError: There are fewer than two steps.
        TypeError: A step is nothing that can be run.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> chain = RunnableLambda(str.strip) | str.title
        >>> chain.invoke("  ada lovelace ")
        'Ada Lovelace'
    """

    _built_from: ClassVar = ("first", "middle", "last", "name")

    def __init__(
        self,
        *steps: Any,
        name: str | None = None,
        first: Runnable[Any, Any] | None = None,
        middle: list[Runnable[Any, Any]] | None = None,
        last: Runnable[Any, Any] | None = None,
    ) -> None:
        if not steps and first is not None and last is not None:
            steps = (first, *(middle or ()), last)
        flat: list[Runnable[Any, Any]] = []
        for step in steps:
            if isinstance(step, RunnableSequence):
                flat.extend(step.steps)
            else:
                flat.append(coerce_to_runnable(step))
        if len(flat) < _FEWEST_STEPS:
            msg = f"A sequence needs at least two steps, but got {len(flat)}: {flat!r}."
            raise ValueError(msg)
        self.name = name
        self._setup(flat)

    if TYPE_CHECKING:

        @property
        def steps(self) -> list[Runnable[Any, Any]]: ...

        def invoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Output: ...

        def ainvoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Coroutine[Any, Any, Output]: ...

    @property
    def first(self) -> Runnable[Input, Any]:
        """The first step."""
        return self.steps[0]

    @property
    def middle(self) -> list[Runnable[Any, Any]]:
        """The steps between the first and the last."""
        return self.steps[1:-1]

    @property
    def last(self) -> Runnable[Any, Output]:
        """The last step."""
        return self.steps[-1]

    def batch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        """Run on each input; a step with a batch method of its own gets all inputs at once."""
        is_native = _later("batches_natively")
        if any(is_native(step, "batch") for step in self.steps):
            batch: Any = _later("batch_steps")
            outputs: list[Output] = batch(self, inputs, config, return_exceptions, kwargs)
            return outputs
        return super().batch(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        """Run on each input; a step with a batch method of its own gets all inputs at once."""
        is_native = _later("batches_natively")
        if any(is_native(step, "abatch") for step in self.steps):
            batch: Any = _later("abatch_steps")
            outputs: list[Output] = await batch(self, inputs, config, return_exceptions, kwargs)
            return outputs
        return await super().abatch(inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def _atransform(
        self,
        chunks: AsyncIterator[Input],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> AsyncIterator[Output]:
        stages: list[AsyncIterator[Any]] = []
        stage: AsyncIterator[Any] = chunks
        try:
            for step, step_config in self._steps_with(config, run_manager):
                stage = owned(step.atransform(stage, step_config, **kwargs))
                stages.append(stage)
                kwargs = {}
            async for chunk in stage:
                yield chunk
        finally:
            await aclose_all(reversed(stages))

    def _steps_with(
        self,
        config: RunnableConfig,
        run_manager: AsyncCallbackManagerForChainRun,
    ) -> Iterator[tuple[Runnable[Any, Any], RunnableConfig]]:
        for number, step in enumerate(self.steps, start=1):
            child = run_manager.get_child(f"seq:step:{number}")
            yield step, patch_config(config, callbacks=child)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the first step's input."""
        return self.first.InputType

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the last step's output."""
        return self.last.OutputType

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return _build.schemas.sequence_input_model(self.steps, config)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return _build.schemas.sequence_output_model(self.steps, config)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self.steps)

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return _build.graphs.one_after_another(self.steps, config)

    def __repr__(self) -> str:
        return "\n| ".join(indented(repr(step), 2 if i else 0) for i, step in enumerate(self.steps))


def join(left: Any, right: Any) -> RunnableSequence[Any, Any]:
    """Make the sequence of two operands of `|`.

    It bears the name of a sequence among them, but not that of one behind another runnable.
    """
    is_new = isinstance(left, Runnable) and not isinstance(left, RunnableSequence)
    names = (x.name for x in (left, right) if isinstance(x, RunnableSequence))
    return RunnableSequence(left, right, name=None if is_new else next(filter(None, names), None))
