"""ChatOpenAI streaming: chunks, tokens, counts, tools."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add

import pytest

from ferrule.messages import HumanMessage, ToolMessage
from tests.loopback.openai import says, tool_call
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2?"


async def collect(stream):
    return [chunk async for chunk in stream]


def ways(model):
    """The chunks of the same stream in both colours."""
    yield lambda *a, **k: list(model.stream(*a, **k))
    yield lambda *a, **k: asyncio.run(collect(model.astream(*a, **k)))


def test_chunks_add_up_to_the_answer(chat, server):
    """The sum has the text, metadata and counts that the whole answer would have."""
    model = chat()
    whole = model.invoke(ASKED, logprobs=True)
    for stream in ways(model):
        chunks = stream(ASKED, logprobs=True)
        total = reduce(add, chunks)
        assert [chunk.content for chunk in chunks if chunk.content] == ["1", " +", " 2", " =", " 3"]
        assert total.content == whole.content
        assert total.usage_metadata == whole.usage_metadata
        fresh = {"id": total.response_metadata["id"]}
        assert total.response_metadata == {**whole.response_metadata, **fresh}
        assert len({chunk.id for chunk in chunks}) == 1
        assert [chunk.chunk_position for chunk in chunks].index("last") == len(chunks) - 1
        assert server.bodies[-1]["stream_options"] == {"include_usage": True}


def test_counts_come_once(chat, server):
    """Services that count on in every chunk are not added up; the last count is told at the end."""
    server.script(says("a b c", usage={"prompt_tokens": 7, "total_tokens": 9}))
    whole = server.events

    def running(answer, body, number):
        for event in whole(answer, body, number):
            yield event.replace(b'"usage": null', b'"usage": {"prompt_tokens": 7}')

    server.events = running
    chunks = list(chat().stream(ASKED))
    assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 1
    assert chunks[-1].usage_metadata["input_tokens"] == 7
    assert chunks[-1].usage_metadata["total_tokens"] == 9


@pytest.mark.parametrize("how", ["setting", "call"])
def test_counts_can_be_left_out(chat, server, how):
    """A service that refuses to be asked for counts is not asked."""
    settings, given = (
        ({"stream_usage": False}, {}) if how == "setting" else ({}, {"stream_usage": False})
    )
    total = reduce(add, chat(**settings).stream(ASKED, **given))
    assert total.content == "1 + 2 = 3"
    assert total.usage_metadata is None
    assert "stream_options" not in server.bodies[-1]
    assert "stream_usage" not in server.bodies[-1]


def test_stream_options_of_the_user(chat, server):
    """Options that are given are sent as they are."""
    list(chat().stream(ASKED, stream_options={"include_usage": False}))
    assert server.bodies[-1]["stream_options"] == {"include_usage": False}


def test_tool_calls_arrive_in_chunks(chat, server):
    """Arguments come as pieces of JSON under the call's name and id, and add up to the calls."""
    calls = [tool_call("add", {"a": 1, "b": 22222}), tool_call("now", {}, id="call_02")]
    for stream in ways(chat()):
        server.script(says("Let me see.", *calls))
        chunks = stream(ASKED)
        pieces = [piece for chunk in chunks for piece in chunk.tool_call_chunks]
        assert (pieces[0]["name"], pieces[0]["id"], pieces[0]["args"]) == ("add", "call_01", "")
        assert {piece["index"] for piece in pieces} == {0, 1}
        total = reduce(add, chunks)
        assert total.content == "Let me see."
        assert total.tool_calls == [
            {"name": "add", "args": {"a": 1, "b": 22222}, "id": "call_01", "type": "tool_call"},
            {"name": "now", "args": {}, "id": "call_02", "type": "tool_call"},
        ]
        assert total.response_metadata["finish_reason"] == "tool_calls"


def test_a_streamed_call_goes_back(chat, server):
    """The sum of a stream with calls is accepted as a message of the next request."""
    calls = [tool_call("add", {"a": 1, "b": 2}), tool_call("now", {}, id="call_02")]
    server.script(says(*calls), says("3"))
    total = reduce(add, chat().stream(ASKED))
    results = [ToolMessage("3", tool_call_id="call_01"), ToolMessage("5", tool_call_id="call_02")]
    assert chat().invoke([HumanMessage(ASKED), total, *results]).content == "3"
    assert server.bodies[-1]["messages"][1]["tool_calls"] == calls


def test_calls_without_position(chat, server):
    """Calls that a service sends whole and unnumbered stay apart."""
    server.script(says(tool_call("add", "{}"), tool_call("now", "{}", id="call_02")))
    whole = server.events

    def unnumbered(answer, body, number):
        opening, *_, ending, counts, done = whole(answer, body, number)
        both = b'{"choices": [{"index": 0, "delta": {"tool_calls": [%s]}}]}'
        call = b'{"id": "%s", "type": "function", "function": {"name": "%s", "arguments": "{}"}}'
        calls = b", ".join(call % pair for pair in ((b"c1", b"add"), (b"c2", b"now")))
        yield from (opening, b"data: " + both % calls + b"\n\n", ending, counts, done)

    server.events = unnumbered
    total = reduce(add, chat().stream(ASKED))
    assert [(call["name"], call["id"]) for call in total.tool_calls] == [
        ("add", "c1"),
        ("now", "c2"),
    ]


def test_refusals_and_thoughts_are_streamed(chat, server):
    """What stands beside the text adds up to what the whole answer has there."""
    beside = {"refusal": "I will not.", "reasoning_content": "Should I?"}
    server.script(says(message=beside))
    assert reduce(add, chat().stream(ASKED)).additional_kwargs == beside


def test_handlers_hear_tokens_and_the_end(chat):
    """Tokens are told one by one, and the end has the finish reason and the counts."""
    heard = Heard()
    list(chat().stream(ASKED, config={"callbacks": [heard]}))
    assert heard.tokens == ["1", " +", " 2", " =", " 3"]
    response, _ = heard.last("end")
    assert response.generations[0][0].generation_info["finish_reason"] == "stop"
    assert response.generations[0][0].message.usage_metadata["total_tokens"] == 22


def test_a_stream_has_one_answer(chat, server):
    """Several answers cannot be told apart in a stream, so asking for them is an error."""
    with pytest.raises(ValueError, match="n=2"):
        list(chat(n=2).stream(ASKED))
    assert server.requests == []
