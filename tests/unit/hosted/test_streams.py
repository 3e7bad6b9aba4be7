"""Streams of hosted chat models: tokens, whole answers by streaming, early ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.loopback import Held
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2?"


async def collect(stream):
    return [chunk async for chunk in stream]


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


def test_early_close_ends_the_run_and_the_request(chat, server, says):
    """Closing a stream ends its run with what came so far, and gives the connection up."""
    server.script(Held(says("1 + 2 = 3"), after=3))
    model, heard = chat(), Heard()
    stream = model.stream(ASKED, config={"callbacks": [heard]})
    assert [next(stream).content for _ in range(2)] == ["", "1"]
    stream.close()
    assert heard.events[-1] == "end"
    assert heard.last("end")[0].generations[0][0].text == "1"
    assert server.wait_for_connections(0)


def test_early_close_of_an_async_stream(chat, server, says):
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


def test_cancelled_stream(chat, server, says):
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
