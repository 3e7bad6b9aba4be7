"""Text models that answer from a script, for tests and examples without a network."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule.language_models.llms import LLM
from ferrule.language_models.script import next_line
from ferrule.outputs import GenerationChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

__all__ = ["FakeListLLM", "FakeListLLMError", "FakeStreamingListLLM"]


class FakeListLLMError(Exception):
    """What a `FakeStreamingListLLM` raises at the chunk that it was told to fail at."""


class FakeListLLM(LLM):
    """A text model that gives its `responses` in turn, and starts over after the last.

    Example:
        >>> model = FakeListLLM(responses=["one", "two"])
        >>> model.batch(["a", "b", "c"])
        ['one', 'two', 'one']
    """

    responses: list[str]
    sleep: float | None = None
    """Seconds that each chunk of a stream takes, in subclasses that stream."""
    i: int = 0
    """Index of the next response."""

    @property
    def _llm_type(self) -> str:
        return "fake-list"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"responses": self.responses}

    @override
    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return next_line(self, self.responses)

    @override
    async def _acall(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return next_line(self, self.responses)


class FakeStreamingListLLM(FakeListLLM):
    """A text model that gives its `responses` in turn, and streams them letter by letter.

    The letters are not reported as token events.

    Example:
        >>> list(FakeStreamingListLLM(responses=["yes"]).stream("Is it?"))
        ['y', 'e', 's']
    """

    error_on_chunk_number: int | None = None
    """Index of the chunk at which a stream fails."""

    @override
    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        for chunk in self._letters():
            if self.sleep is not None:
                time.sleep(self.sleep)
            yield chunk

    @override
    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        for chunk in self._letters():
            if self.sleep is not None:
                await asyncio.sleep(self.sleep)
            yield chunk

    def _letters(self) -> Iterator[GenerationChunk]:
        for index, letter in enumerate(next_line(self, self.responses)):
            if index == self.error_on_chunk_number:
                raise FakeListLLMError
            yield GenerationChunk(text=letter)
