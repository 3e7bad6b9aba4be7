"""The shape of runnables that pass one input to a runnable which they select: branch, fallbacks."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ferrule._core import RunPlan, patch_config
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.addable import total_of
from ferrule.runnables.base import Runnable
from ferrule.runnables.copying import ComparedByParts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables.config import RunnableConfig


class Selecting(ComparedByParts, Runnable[Input, Output]):
    """A runnable with a run of its own around `_invoke`, `_ainvoke`, `_stream` and `_astream`.

    These get the input, the run manager and the keyword arguments of the call. A stream of input
    is summed up first, since the choice depends on the whole.
    """

    @abstractmethod
    def _invoke(
        self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any
    ) -> Output: ...

    @abstractmethod
    async def _ainvoke(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> Output: ...

    @abstractmethod
    def _stream(
        self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any
    ) -> Iterator[Output]: ...

    @abstractmethod
    def _astream(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> AsyncIterator[Output]: ...

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Output:
        self._check(input)
        return self._call_with_config(self._invoke, input, config, **kwargs)

    async def ainvoke(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Output:
        self._check(input)
        return await self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        self._check(input)

        def body(run_manager: CallbackManagerForChainRun) -> Iterator[Output]:
            return self._stream(input, run_manager, **kwargs)

        return RunPlan("chain", self, config, payload=input).stream(body, total_of)

    def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        self._check(input)

        def body(run_manager: AsyncCallbackManagerForChainRun) -> AsyncIterator[Output]:
            return self._astream(input, run_manager, **kwargs)

        return RunPlan("chain", self, config, payload=input).astream(body, total_of)

    def _check(self, value: Input) -> None:
        """Refuse an unsuitable input before a run is opened; by default every input is fine."""


def child_config(
    run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
    tag: str | None = None,
) -> RunnableConfig:
    """Make the config of a child; to be called in the run, from which the rest is inherited."""
    return patch_config(None, callbacks=run_manager.get_child(tag))
