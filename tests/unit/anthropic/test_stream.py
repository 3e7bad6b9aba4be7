"""ChatAnthropic streaming: chunks, tokens, tools, early ends."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add

from ferrule.messages import HumanMessage, ToolMessage
from tests.loopback import says, text, thinking, tool_use

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
    whole = model.invoke(ASKED)
    for stream in ways(model):
        chunks = stream(ASKED)
        total = reduce(add, chunks)
        assert [chunk.content for chunk in chunks if chunk.content] == ["1", " +", " 2", " =", " 3"]
        assert total.content == whole.content
        assert total.usage_metadata == whole.usage_metadata
        fresh = {"id": total.response_metadata["id"]}
        assert total.response_metadata == {**whole.response_metadata, **fresh}
        assert list(total.response_metadata) == list(whole.response_metadata)
        assert len({chunk.id for chunk in chunks}) == 1
        assert chunks[-1].chunk_position == "last"
        assert server.bodies[-1]["stream"] is True


def test_first_and_last_chunk_share_the_counts(chat, server):
    """Input is counted with the first chunk, output with the last, cache details once."""
    counts = {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 7}
    server.script(says("a b", usage={**counts, "output_tokens_details": {"thinking_tokens": 2}}))
    first, *_, last = chat().stream(ASKED)
    assert first.usage_metadata["input_tokens"] == 8
    assert first.usage_metadata["output_tokens"] == 0
    assert first.usage_metadata["input_token_details"]["cache_read"] == 3
    assert last.usage_metadata == {
        "input_tokens": 0,
        "output_tokens": 7,
        "total_tokens": 7,
        "input_token_details": {"cache_creation": 0, "cache_read": 0},
        "output_token_details": {"reasoning": 2},
    }


def test_tool_calls_arrive_in_chunks(chat, server):
    """Arguments come as pieces of JSON under the call's name and id, and add up to the call."""
    asking = tool_use("add", {"a": 1, "b": 22222})
    for stream in ways(chat()):
        server.script(says("Let me see.", asking))
        chunks = stream(ASKED)
        pieces = [piece for chunk in chunks for piece in chunk.tool_call_chunks]
        assert (pieces[0]["name"], pieces[0]["id"], pieces[0]["args"]) == ("add", "toolu_01", "")
        assert {piece["index"] for piece in pieces} == {1}
        assert "".join(piece["args"] for piece in pieces) == '{"a": 1, "b": 22222}'
        total = reduce(add, chunks)
        assert total.tool_calls == [
            {"name": "add", "args": {"a": 1, "b": 22222}, "id": "toolu_01", "type": "tool_call"}
        ]
        assert total.content == ["Let me see.", {**asking, "index": 1}]
        assert total.text == "Let me see."


def test_a_streamed_call_goes_back(chat, server):
    """The sum of a stream with thinking and calls is accepted as a turn of the next request."""
    thought = thinking("I should add these.")
    calls = [tool_use("add", {"a": 1, "b": 2}), tool_use("now", {}, id="toolu_02")]
    server.script(says(thought, "Adding.", *calls), says("3"))
    total = reduce(add, chat().stream(ASKED))
    assert [call["args"] for call in total.tool_calls] == [{"a": 1, "b": 2}, {}]
    results = [ToolMessage("3", tool_call_id="toolu_01"), ToolMessage("5", tool_call_id="toolu_02")]
    assert chat().invoke([HumanMessage(ASKED), total, *results]).content == "3"
    sent = server.bodies[-1]["messages"][1]["content"]
    assert sent == [thought, text("Adding."), *calls]


def test_citations_stay_with_their_text(chat, server):
    """A text with citations is a block, streamed or not."""
    cited = {"type": "char_location", "cited_text": "x", "document_index": 0}
    cited = {**cited, "start_char_index": 0, "end_char_index": 1, "document_title": "T"}
    server.script(says(text("so it says", citations=[cited])))
    total = reduce(add, chat().stream(ASKED))
    assert total.content == [text("so it says", citations=[cited], index=0)]


def test_arguments_cut_by_the_limit(chat, server):
    """Arguments that end before their JSON does are no error; the call is an invalid one."""
    server.script(says(tool_use("add", '{"a": 1, "b": [2, '), stop_reason="max_tokens"))
    total = reduce(add, chat().stream(ASKED))
    assert total.response_metadata["stop_reason"] == "max_tokens"
    assert total.content == [tool_use("add", {}, id="toolu_01") | {"index": 0}]
    assert total.tool_calls == []
    assert [call["args"] for call in total.invalid_tool_calls] == ['{"a": 1, "b": [2, ']
