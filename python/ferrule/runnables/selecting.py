"""The shape of runnables that pass one input to a runnable which they select: branch, fallbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.closing import once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ferrule.runnables.config import RunnableConfig


class Selecting(Runnable[Input, Output]):
    """A runnable with a run of its own around `_invoke`, `_ainvoke`, `_stream` and `_astream`.

    The streaming two get an iterator with the one input. A stream of input is summed up first,
    since the choice depends on the whole.
    """

    _invoke: Any
    _ainvoke: Any
    _stream: Any
    _astream: Any

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
        return self._transform_stream_with_config(iter((input,)), self._stream, config, **kwargs)

    def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        self._check(input)
        return self._atransform_stream_with_config(once(input), self._astream, config, **kwargs)

    def _check(self, value: Input) -> None:
        """Refuse an unsuitable input before a run is opened; by default every input is fine."""
