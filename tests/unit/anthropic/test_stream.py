"""ChatAnthropic streaming: chunks, tokens, tools, early ends."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add

import pytest

from ferrule.messages import HumanMessage, ToolMessage
from tests.loopback import Held, says, text, thinking, tool_use
from tests.unit.anthropic.heard import Heard

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


def test_tokens_precede_chunks(chat):
    """A handler hears each token, with its chunk, before the caller gets the chunk."""
    heard = Heard()
    got = []
    for chunk in chat().stream(ASKED, config={"callbacks": [heard]}):
        assert heard.payloads[-1][1].message.content == chunk.content
        got.append(chunk.content)
    assert heard.tokens == ["1", " +", " 2", " =", " 3"]
    assert heard.events == ["start", *["token"] * len(got), "end"]
    response, _ = heard.last("end")
    assert response.generations[0][0].text == "1 + 2 = 3"


def test_async_tokens(chat):
    """The same tokens reach the handlers of an async stream."""
    heard = Heard()
    asyncio.run(collect(chat().astream(ASKED, config={"callbacks": [heard]})))
    assert heard.tokens == ["1", " +", " 2", " =", " 3"]
    assert heard.events[-1] == "end"


def test_invoke_can_stream(chat, server):
    """With `streaming` an invoke tells its tokens and gives the whole message."""
    model = chat(streaming=True)
    for call in (model.invoke, lambda *a, **k: asyncio.run(model.ainvoke(*a, **k))):
        heard = Heard()
        message = call(ASKED, config={"callbacks": [heard]})
        assert message.content == "1 + 2 = 3"
        assert message.type == "ai"
        assert "".join(heard.tokens) == "1 + 2 = 3"
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
    """Arguments that end before their JSON does are no error; the call has what was readable."""
    server.script(says(tool_use("add", '{"a": 1, "b": [2, '), stop_reason="max_tokens"))
    total = reduce(add, chat().stream(ASKED))
    assert total.response_metadata["stop_reason"] == "max_tokens"
    assert total.content == [tool_use("add", {}, id="toolu_01") | {"index": 0}]
    assert total.tool_calls[0]["args"] == {"a": 1, "b": [2]}


def test_early_close_ends_the_run_and_the_request(chat, server):
    """Closing a stream ends its run with what came so far, and gives the connection up."""
    server.script(Held(says("1 + 2 = 3"), after=3))
    model, heard = chat(), Heard()
    stream = model.stream(ASKED, config={"callbacks": [heard]})
    assert [next(stream).content for _ in range(2)] == ["", "1"]
    stream.close()
    assert heard.events[-1] == "end"
    assert heard.last("end")[0].generations[0][0].text == "1"
    assert server.wait_for_connections(0)


def test_early_close_of_an_async_stream(chat, server):
    """The same when the loop goes on living."""
    server.script(Held(says("1 + 2 = 3"), after=3))
    model, heard = chat(), Heard()

    async def main():
        stream = model.astream(ASKED, config={"callbacks": [heard]})
        assert [(await stream.__anext__()).content for _ in range(2)] == ["", "1"]
        await stream.aclose()
        assert heard.events[-1] == "end"
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())


def test_cancelled_stream(chat, server):
    """Cancelling the wait for a token ends the run with the cancellation."""
    server.script(Held(says("1 + 2 = 3"), after=3))
    model, heard = chat(), Heard()

    async def main():
        stream = model.astream(ASKED, config={"callbacks": [heard]})
        for _ in range(2):
            await stream.__anext__()
        waiting = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())
    assert heard.events[-1] == "error"
    assert isinstance(heard.last("error")[0], asyncio.CancelledError)


def test_one_model_in_several_loops(chat, server):
    """Each event loop has connections of its own, closed when the loop ends."""
    model = chat()
    for _ in range(3):
        assert asyncio.run(model.ainvoke(ASKED)).content == "1 + 2 = 3"
        assert server.wait_for_connections(0)


def test_connections_are_reused(chat, server):
    """Calls in one loop, or in one thread, share a connection."""

    async def main():
        model = chat()
        for _ in range(3):
            await model.ainvoke(ASKED)
        assert server.wait_for_connections(1)
        await model.aclose()
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())
    model = chat()
    for _ in range(3):
        model.invoke(ASKED)
    assert server.wait_for_connections(1)


def test_a_dropped_model_closes_its_connections(server):
    """A model that nobody holds leaves no connection behind, in threads and in a living loop."""
    from ferrule.anthropic import ChatAnthropic  # noqa: PLC0415  held by nobody else

    def make():
        return ChatAnthropic(model="claude-test", api_key="test", base_url=server.url)

    make().invoke(ASKED)
    assert server.wait_for_connections(0)

    async def main():
        await make().ainvoke(ASKED)
        return await asyncio.to_thread(server.wait_for_connections, 0)

    assert asyncio.run(main())
