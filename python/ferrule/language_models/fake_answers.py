"""Chat models that answer with given messages, with their input, or always the same, for tests.

The one that answers with texts from a list is in `fake_chat_models`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule._core import TextChunks
from ferrule.language_models.chat_models import BaseChatModel, SimpleChatModel
from ferrule.language_models.script import next_line
from ferrule.messages import AIMessage, AIMessageChunk, BaseMessage, tool_call_chunk
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

__all__ = [
    "FakeChatModel",
    "FakeMessagesListChatModel",
    "GenericFakeChatModel",
    "ParrotFakeChatModel",
]


class FakeChatModel(SimpleChatModel):
    """A chat model that always answers "fake response".

    Example:
        >>> FakeChatModel().invoke("Anything").content
        'fake response'
    """

    @property
    def _llm_type(self) -> str:
        return "fake-chat-model"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"key": "fake"}

    @override
    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return "fake response"

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop=stop)


class FakeMessagesListChatModel(BaseChatModel):
    """A chat model that gives its `responses` in turn, and starts over after the last.

    Example:
        >>> model = FakeMessagesListChatModel(responses=[AIMessage(content="yes")])
        >>> model.invoke("Is it?").content
        'yes'
    """

    responses: list[BaseMessage]
    sleep: float | None = None
    """Seconds that an answer takes."""
    i: int = 0
    """Index of the next response."""

    @property
    def _llm_type(self) -> str:
        return "fake-messages-list-chat-model"

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.sleep is not None:
            time.sleep(self.sleep)
        return ChatResult(generations=[ChatGeneration(message=next_line(self, self.responses))])


class GenericFakeChatModel(BaseChatModel):
    """A chat model that gives the messages of an iterator, and streams them word by word.

    A stream has the words and the spaces between them as chunks, then the `additional_kwargs`
    (a function call in pieces, cut at the commas of its texts), then the tool calls.

    Example:
        >>> model = GenericFakeChatModel(messages=iter([AIMessage(content="Good day"), "Bye"]))
        >>> [chunk.content for chunk in model.stream("Hello")]
        ['Good', ' ', 'day']
        >>> model.invoke("So long").content
        'Bye'
    """

    messages: Iterator[AIMessage | str]
    """The answers. A list is passed as `iter(answers)`; one that never ends is fine."""

    @property
    def _llm_type(self) -> str:
        return "generic-fake-chat-model"

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next_message())])

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next_message()
        if not isinstance(message.content, str):
            msg = f"GenericFakeChatModel streams text only, not {message.content!r}."
            raise ValueError(msg)  # noqa: TRY004  the compatible class
        further = [*_function_call_pieces(message), *_tool_call_pieces(message)]
        words = re.split(r"(\s)", message.content) if message.content else []
        yield from TextChunks(words, message_id=message.id, has_end=not further)
        for piece in further:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", id=message.id, **piece))

    def _next_message(self) -> AIMessage:
        answer = next(self.messages, None)
        if answer is None:
            msg = "GenericFakeChatModel has nothing more to say: its messages are used up."
            raise ValueError(msg)
        return AIMessage(content=answer) if isinstance(answer, str) else answer


class ParrotFakeChatModel(BaseChatModel):
    """A chat model that gives the last message of the conversation back.

    Example:
        >>> ParrotFakeChatModel().invoke("Hello").content
        'Hello'
    """

    @property
    def _llm_type(self) -> str:
        return "parrot-fake-chat-model"

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if not messages:
            msg = "ParrotFakeChatModel has no message to repeat: the conversation is empty."
            raise ValueError(msg)
        return ChatResult(generations=[ChatGeneration(message=messages[-1])])


def _function_call_pieces(message: AIMessage) -> Iterator[dict[str, Any]]:
    for key, value in message.additional_kwargs.items():
        if key != "function_call":
            yield {"additional_kwargs": {key: value}}
            continue
        for name, part in value.items():
            for piece in re.split("(,)", part) if isinstance(part, str) else [part]:
                yield {"additional_kwargs": {"function_call": {name: piece}}}


def _tool_call_pieces(message: AIMessage) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(message.tool_calls):
        args = json.dumps(call["args"])
        yield {
            "tool_call_chunks": [
                tool_call_chunk(name=call["name"], args=args, id=call["id"], index=index)
            ]
        }


# Known where langchain-core has them: in descriptions, cache keys and pickles.
for _model in (FakeChatModel, FakeMessagesListChatModel, GenericFakeChatModel, ParrotFakeChatModel):
    _model.__module__ = "ferrule.language_models.fake_chat_models"
