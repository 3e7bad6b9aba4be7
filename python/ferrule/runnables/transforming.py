"""The shape of runnables whose streaming is one generator from chunks to chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._core import TransformDrive
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.closing import once
from ferrule.runnables.copying import ComparedByParts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ferrule.runnables.config import RunnableConfig


class Transforming(TransformDrive, ComparedByParts, Runnable[Input, Output]):
    """A runnable that defines `_transform` and `_atransform`, from which all streaming follows.

    Both may name `run_manager` and `config` (the config for runs inside) as parameters. The run
    around them is opened, ended and closed early by the core.
    """

    if TYPE_CHECKING:

        def transform(
            self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any
        ) -> Iterator[Output]: ...

        def _transform(self, *args: Any, **kwargs: Any) -> Iterator[Output]: ...

        def _atransform(self, *args: Any, **kwargs: Any) -> AsyncIterator[Output]: ...

    def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        return self._atransform_stream_with_config(input, self._atransform, config, **kwargs)

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        return self.transform(iter((input,)), config, **kwargs)

    def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        return self.atransform(once(input), config, **kwargs)
