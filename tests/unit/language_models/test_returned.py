"""Tests of models whose class breaks its promise: what they are told, and that the run fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ferrule.language_models import LLM, BaseChatModel, BaseLLM, SimpleChatModel
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from ferrule.testing import RecordingHandler

ANSWER = ChatResult(generations=[ChatGeneration(message=AIMessage("hi"))])
CHUNK = ChatGenerationChunk(message=AIMessageChunk(content="hi"))


class Parrot(BaseChatModel):
    """Answers with what it was given."""

    answer: Any = None

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return self.answer


class AsyncParrot(Parrot):
    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        return self.answer


class Streaming(Parrot):
    """Streams what it was given."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        return self.answer


class AsyncStreaming(Parrot):
    def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        return self.answer


class Words(LLM):
    answer: Any = None

    @property
    def _llm_type(self) -> str:
        return "words"

    def _call(self, prompt, stop=None, run_manager=None, **kwargs):
        return self.answer


class AsyncWords(Words):
    async def _acall(self, prompt, stop=None, run_manager=None, **kwargs):
        return self.answer


class Texts(BaseLLM):
    answer: Any = None

    @property
    def _llm_type(self) -> str:
        return "texts"

    def _generate(self, prompts, stop=None, run_manager=None, **kwargs):
        return self.answer


class StreamingTexts(Texts):
    def _stream(self, prompt, stop=None, run_manager=None, **kwargs):
        return self.answer


class AsyncStreamingTexts(Texts):
    def _astream(self, prompt, stop=None, run_manager=None, **kwargs):
        return self.answer


class Simple(SimpleChatModel):
    answer: Any = None

    @property
    def _llm_type(self) -> str:
        return "simple"

    def _call(self, messages, stop=None, run_manager=None, **kwargs):
        return self.answer


async def _collected(model, config):
    return [chunk async for chunk in model.astream("q", config)]


CALLS = {
    "invoke": lambda model, config: model.invoke("q", config),
    "ainvoke": lambda model, config: asyncio.run(model.ainvoke("q", config)),
    "stream": lambda model, config: list(model.stream("q", config)),
    "astream": lambda model, config: asyncio.run(_collected(model, config)),
}


def fails(call, model, kind, message):
    """The call raises, and its one run fails with the same exception."""
    handler = RecordingHandler()
    with pytest.raises(kind, match=message) as raised:
        CALLS[call](model, {"callbacks": [handler]})
    start, error = handler.trace
    assert start.event.endswith("_start")
    assert error.event == "on_llm_error"
    assert error.payload[0] is raised.value


@pytest.mark.parametrize("answer", [None, "text", AIMessage("hi"), {"generations": []}])
@pytest.mark.parametrize(
    ("cls", "call", "methods"),
    [
        (Parrot, "invoke", "_generate"),
        (Parrot, "ainvoke", "_generate and _agenerate"),
        (AsyncParrot, "ainvoke", "_generate and _agenerate"),
        (Texts, "invoke", "_generate"),
        (Texts, "ainvoke", "_generate and _agenerate"),
    ],
)
def test_an_answer_of_another_kind(cls, call, methods, answer):
    """What `_generate` returns must be a result; the class, the value and the type are named."""
    kind = "LLMResult" if issubclass(cls, BaseLLM) else "ChatResult"
    fails(
        call,
        cls(answer=answer),
        TypeError,
        rf"^{cls.__name__} answered with .* its {methods} must return .* {kind}",
    )


@pytest.mark.parametrize("answer", [None, 5, AIMessage("hi")])
@pytest.mark.parametrize(
    ("cls", "call", "methods"),
    [
        (Words, "invoke", "_call"),
        (Words, "ainvoke", "_call and _acall"),
        (AsyncWords, "ainvoke", "_call and _acall"),
        (Simple, "invoke", "_call"),
        (Simple, "ainvoke", "_call"),
    ],
)
def test_an_answer_that_is_no_text(cls, call, methods, answer):
    """What `_call` returns must be text."""
    fails(
        call,
        cls(answer=answer),
        TypeError,
        rf"^{cls.__name__} answered with .* its {methods} must return .* str",
    )


@pytest.mark.parametrize(
    "answer", [None, 5, "text", ["text"], [None], [AIMessageChunk(content="hi")]]
)
@pytest.mark.parametrize(
    ("cls", "call"),
    [
        (Streaming, "stream"),
        (Streaming, "astream"),
        (StreamingTexts, "stream"),
        (StreamingTexts, "astream"),
    ],
)
def test_a_stream_of_something_else(cls, call, answer):
    """What `_stream` returns must be an iterable of chunks."""
    kind = "GenerationChunk" if issubclass(cls, BaseLLM) else "ChatGenerationChunk"
    fails(call, cls(answer=answer), TypeError, rf"^{cls.__name__} streamed .* that yield {kind}")


@pytest.mark.parametrize("cls", [AsyncStreaming, AsyncStreamingTexts])
@pytest.mark.parametrize("answer", [None, [CHUNK]])
def test_an_async_stream_that_is_none(cls, answer):
    """What `_astream` returns must be an async iterable."""
    fails("astream", cls(answer=answer), TypeError, rf"^{cls.__name__} streamed .* that yield")


def test_a_list_of_chunks_is_a_stream():
    """`_stream` may return any iterable of chunks, for either colour."""
    model = Streaming(answer=[CHUNK])
    assert [chunk.content for chunk in model.stream("q")] == ["hi", ""]
    assert [chunk.content for chunk in asyncio.run(_collected(model, None))] == ["hi", ""]


@pytest.mark.parametrize("call", ["invoke", "ainvoke"])
def test_no_candidate_for_a_prompt(call):
    """A prompt without a single candidate fails the run instead of ending it."""
    model = Texts(answer=LLMResult(generations=[[]]))
    fails(call, model, ValueError, "no generation for a prompt")


def test_content_blocks_of_a_simple_model():
    """`_call` of a simple chat model may return content blocks as well as text."""
    blocks = [{"type": "text", "text": "hi"}]
    assert Simple(answer=blocks).invoke("q").content == blocks
