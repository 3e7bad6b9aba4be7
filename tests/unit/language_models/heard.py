"""What a handler heard, and models to be heard."""

from __future__ import annotations

import asyncio
from typing import Any

from ferrule.callbacks import BaseCallbackHandler
from ferrule.language_models import LLM, BaseChatModel
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, GenerationChunk


class Heard(BaseCallbackHandler):
    """A handler that keeps the events of model runs, in order."""

    run_inline = True

    def __init__(self) -> None:
        self.events: list[tuple[str, Any, dict[str, Any]]] = []

    @property
    def names(self) -> list[str]:
        """Which hooks were called, without their common prefix."""
        return [name for name, _, _ in self.events]

    def payloads(self, name: str) -> list[Any]:
        """What a hook was called with."""
        return [payload for event, payload, _ in self.events if event == name]

    def keywords(self, name: str) -> dict[str, Any]:
        """The keywords of the only call of a hook."""
        ((_, _, keywords),) = (event for event in self.events if event[0] == name)
        return keywords

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self.events.append(("start", messages, {**kwargs, "serialized": serialized}))

    def on_llm_start(self, serialized, prompts, **kwargs):
        self.events.append(("start", prompts, {**kwargs, "serialized": serialized}))

    def on_llm_new_token(self, token, **kwargs):
        self.events.append(("token", token, kwargs))

    def on_llm_end(self, response, **kwargs):
        self.events.append(("end", response, kwargs))

    def on_llm_error(self, error, **kwargs):
        self.events.append(("error", error, kwargs))

    def tree(self) -> list[str]:
        """One word per run: its first prompt and how it ended, in the order of the ends."""
        prompts: dict[Any, str] = {}
        words = []
        for name, payload, keywords in self.events:
            run = keywords["run_id"]
            if name == "start":
                prompts[run] = payload[0] if isinstance(payload[0], str) else payload[0][0].content
            elif name in {"end", "error"}:
                words.append(f"{prompts[run]} {name}")
        return words


class Words(BaseChatModel):
    """A chat model that streams the words of its reply, and may fail."""

    reply: str = "good day sir"
    error: BaseException | None = None
    fail_at: int = 0
    fail_on: str | None = None
    info: dict[str, Any] | None = None
    output: dict[str, Any] | None = None
    calls: list[Any] = []

    model_config = {"arbitrary_types_allowed": True}

    @property
    def _llm_type(self) -> str:
        return "words"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.calls.append((messages, stop, kwargs))
        if self.error is not None or messages[0].content == self.fail_on:
            raise self.error or ValueError(f"{self.fail_on} fails")
        generation = ChatGeneration(message=AIMessage(self.reply), generation_info=self.info)
        return ChatResult(generations=[generation], llm_output=self.output)

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self.calls.append((messages, stop, kwargs))
        for index, word in enumerate(self.reply.split()):
            if self.error is not None and index == self.fail_at:
                raise self.error
            message = AIMessageChunk(content=word + " ")
            yield ChatGenerationChunk(message=message, generation_info=self.info)


class AsyncWords(Words):
    """The same, with async methods of its own."""

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        await asyncio.sleep(0)
        return self._generate(messages, stop=stop, **kwargs)

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in self._stream(messages, stop=stop, **kwargs):
            await asyncio.sleep(0)
            yield chunk


class Repeat(LLM):
    """A text model that says the prompt again, and may fail."""

    error: BaseException | None = None
    calls: list[Any] = []

    model_config = {"arbitrary_types_allowed": True}

    @property
    def _llm_type(self) -> str:
        return "repeat"

    def _call(self, prompt, stop=None, run_manager=None, **kwargs):
        self.calls.append((prompt, stop, kwargs))
        if self.error is not None:
            raise self.error
        return f"{prompt} again"


class RepeatLetters(Repeat):
    """The same, letter by letter."""

    def _stream(self, prompt, stop=None, run_manager=None, **kwargs):
        for letter in prompt:
            chunk = GenerationChunk(text=letter)
            if run_manager:
                run_manager.on_llm_new_token(letter, chunk=chunk)
            yield chunk
        if self.error is not None:
            raise self.error


async def collect(items: Any) -> list[Any]:
    """Read an async iterator to its end."""
    return [item async for item in items]
