"""Tests of the fake models."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from ferrule.language_models import (
    FakeChatModel,
    FakeListChatModel,
    FakeListChatModelError,
    FakeListLLM,
    FakeListLLMError,
    FakeMessagesListChatModel,
    FakeStreamingListLLM,
    GenericFakeChatModel,
    ParrotFakeChatModel,
    fake_chat_models,
)
from ferrule.messages import AIMessage
from tests.unit.language_models.heard import collect


def read(model: Any, *, is_async: bool) -> list[Any]:
    """Read a whole stream, one way or the other."""
    return asyncio.run(collect(model.astream("q"))) if is_async else list(model.stream("q"))


@pytest.mark.parametrize(
    "model",
    [
        FakeListChatModel(responses=["a", "b"]),
        FakeMessagesListChatModel(responses=[AIMessage("a"), AIMessage("b")]),
        FakeListLLM(responses=["a", "b"]),
        FakeStreamingListLLM(responses=["a", "b"]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_responses_in_turn(model: Any) -> None:
    """Responses are given in order, sync and async, and start over."""
    answers = [model.invoke("q"), asyncio.run(model.ainvoke("q")), model.invoke("q")]
    assert [getattr(answer, "content", answer) for answer in answers] == ["a", "b", "a"]


@pytest.mark.parametrize("kind", [FakeListChatModel, FakeListLLM, FakeMessagesListChatModel])
def test_nothing_to_say_is_an_error(kind: type) -> None:
    """A model without responses says so."""
    with pytest.raises(ValueError, match=kind.__name__):
        kind(responses=[]).invoke("q")


@pytest.mark.parametrize("is_async", [False, True])
def test_list_chat_model_batches_in_order(is_async: bool) -> None:
    """The inputs of a batch are answered one after the other."""
    model = FakeListChatModel(responses=list("abcdef"))
    inputs = list("uvwxyz")
    answers = asyncio.run(model.abatch(inputs)) if is_async else model.batch(inputs)
    assert [answer.content for answer in answers] == list("abcdef")


@pytest.mark.parametrize("is_async", [False, True])
def test_list_chat_model_streams_letters(is_async: bool) -> None:
    """A response is streamed letter by letter; the last letter is marked."""
    chunks = read(FakeListChatModel(responses=["abc"]), is_async=is_async)
    assert [(chunk.content, chunk.chunk_position) for chunk in chunks] == [
        ("a", None),
        ("b", None),
        ("c", "last"),
    ]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("kind", "error"),
    [(FakeListChatModel, FakeListChatModelError), (FakeStreamingListLLM, FakeListLLMError)],
)
def test_fails_at_the_chunk(kind: type, error: type[Exception], is_async: bool) -> None:
    """A stream fails where it was told to."""
    with pytest.raises(error):
        read(kind(responses=["abc"], error_on_chunk_number=1), is_async=is_async)


@pytest.mark.parametrize("is_async", [False, True])
def test_streaming_llm_streams_letters(is_async: bool) -> None:
    """A text is streamed letter by letter."""
    assert read(FakeStreamingListLLM(responses=["abc"]), is_async=is_async) == ["a", "b", "c"]


def test_fake_chat_model_always_says_the_same() -> None:
    """The fixed response, sync and async."""
    assert FakeChatModel().invoke("q").content == "fake response"
    assert asyncio.run(FakeChatModel().ainvoke("q")).content == "fake response"


def test_parrot_needs_a_message() -> None:
    """An empty conversation cannot be repeated."""
    with pytest.raises(ValueError, match="empty"):
        ParrotFakeChatModel().invoke([])


def test_generic_model_runs_out() -> None:
    """A used-up iterator is an error of its own, not a `StopIteration` that ends a loop."""
    model = GenericFakeChatModel(messages=iter(["only"]))
    model.invoke("q")
    with pytest.raises(ValueError, match="used up"):
        model.invoke("q")


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("hello goodbye", {}),
        ("a  b\nc", {}),
        ("", {"foo": 1, "bar": [2]}),
        ("said", {"foo": 1}),
        ("", {"function_call": {"name": "move", "arguments": '{"a": 1,"b": 2}', "n": 3}}),
    ],
)
def test_generic_stream_agrees_with_langchain_core(text: str, extra: dict[str, Any]) -> None:
    """The chunks are the ones that langchain-core's model makes."""
    core = pytest.importorskip("langchain_core.language_models")
    messages = pytest.importorskip("langchain_core.messages")

    def told(model: Any) -> list[Any]:
        return [
            (chunk.content, chunk.additional_kwargs, chunk.chunk_position)
            for chunk in model.stream("q")
        ]

    theirs = messages.AIMessage(text, additional_kwargs=extra, id="m")
    ours = AIMessage(text, additional_kwargs=extra, id="m")
    expected = told(core.GenericFakeChatModel(messages=iter([theirs])))
    assert told(GenericFakeChatModel(messages=iter([ours]))) == expected


def test_generic_stream_has_tool_calls() -> None:
    """Tool calls are streamed too, and add up to the message's."""
    call = {"name": "move", "args": {"x": 1}, "id": "c1", "type": "tool_call"}
    message = AIMessage("I move", tool_calls=[call])
    first, *others = GenericFakeChatModel(messages=iter([message])).stream("q")
    for chunk in others:
        first += chunk
    assert first.content == "I move"
    assert first.tool_calls == [call]


@pytest.mark.parametrize("name", fake_chat_models.__all__)
def test_fakes_are_known_by_their_documented_module(name: str) -> None:
    """Descriptions, cache keys and pickles name the module that langchain-core has them in."""
    kind = getattr(fake_chat_models, name)
    assert kind.__module__ == "ferrule.language_models.fake_chat_models"
    assert pickle.loads(pickle.dumps(kind)) is kind
