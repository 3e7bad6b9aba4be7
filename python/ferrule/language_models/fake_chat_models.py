"""The chat model that answers with texts from a list, for tests and examples without a network.

Those that answer otherwise are in `fake_answers`, and can be read here as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from ferrule._core import TextChunks, get_config_list, input_list
from ferrule._lazy import attach, later
from ferrule.language_models.chat_models import SimpleChatModel
from ferrule.language_models.script import next_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from ferrule.language_models.base import LanguageModelInput
    from ferrule.language_models.fake_answers import (
        FakeChatModel,
        FakeMessagesListChatModel,
        GenericFakeChatModel,
        ParrotFakeChatModel,
    )
    from ferrule.messages import AIMessage, BaseMessage
    from ferrule.outputs import ChatGenerationChunk
    from ferrule.runnables import RunnableConfig
else:
    _, __getattr__, __dir__ = attach(
        __name__,
        {
            "ferrule.language_models.fake_answers": """
                FakeChatModel FakeMessagesListChatModel GenericFakeChatModel ParrotFakeChatModel
            """
        },
    )

__all__ = [
    "FakeChatModel",
    "FakeListChatModel",
    "FakeListChatModelError",
    "FakeMessagesListChatModel",
    "GenericFakeChatModel",
    "ParrotFakeChatModel",
]

# Event loops are loaded when something is awaited.
_later = later(__name__, {"asyncio": "sleep"})


class FakeListChatModelError(Exception):
    """What a `FakeListChatModel` raises at the chunk that it was told to fail at."""


class FakeListChatModel(SimpleChatModel):
    """A chat model that gives its `responses` in turn, and streams them letter by letter.

    `batch` answers the inputs in their order, one at a time.

    Example:
        >>> model = FakeListChatModel(responses=["one", "two"])
        >>> [answer.content for answer in model.batch(["a", "b", "c"])]
        ['one', 'two', 'one']
        >>> [chunk.content for chunk in model.stream("d")]
        ['t', 'w', 'o']
    """

    responses: list[str]
    sleep: float | None = None
    """Seconds that an answer, or each chunk of a stream, takes."""
    i: int = 0
    """Index of the next response."""
    error_on_chunk_number: int | None = None
    """Index of the chunk at which a stream fails."""

    @property
    def _llm_type(self) -> str:
        return "fake-list-chat-model"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"responses": self.responses}

    @override
    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        if self.sleep is not None:
            time.sleep(self.sleep)
        return next_line(self, self.responses)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if self.sleep is None:
            return self._letters()
        return self._letters_in_time(self.sleep)

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._letters():
            if self.sleep is not None:
                await _later("sleep")(self.sleep)
            yield chunk

    def _letters_in_time(self, sleep: float) -> Iterator[ChatGenerationChunk]:
        for chunk in self._letters():
            time.sleep(sleep)
            yield chunk

    def _letters(self) -> Iterator[ChatGenerationChunk]:
        response = next_line(self, self.responses)
        fails_at = self.error_on_chunk_number
        if fails_at is not None and 0 <= fails_at < len(response):
            yield from TextChunks(response[:fails_at])
            raise FakeListChatModelError
        yield from TextChunks(response, has_end=True)

    @override
    def batch(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        values = input_list(inputs)
        return super().batch(
            values, _in_order(config, values), return_exceptions=return_exceptions, **kwargs
        )

    @override
    async def abatch(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        values = input_list(inputs)
        return await super().abatch(
            values, _in_order(config, values), return_exceptions=return_exceptions, **kwargs
        )


def _in_order(
    config: RunnableConfig | Sequence[RunnableConfig] | None, inputs: Sequence[Any]
) -> list[RunnableConfig]:
    configs = get_config_list(config, len(inputs))
    return [cast("RunnableConfig", {**one, "max_concurrency": 1}) for one in configs]
