"""Tests of chat models that stream: tokens, the last chunk, early ends, who asks for a stream."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ferrule.language_models.chat_models import agenerate_from_stream, generate_from_stream
from ferrule.messages import AIMessageChunk
from ferrule.outputs import ChatGenerationChunk
from tests.unit.language_models.heard import AsyncWords, Heard, Words, collect

SPOKEN = ["good ", "day ", "sir ", ""]


@pytest.fixture
def heard() -> Heard:
    return Heard()


def stream(model: Words, heard: Heard, *, is_async: bool, **kwargs: Any) -> list[AIMessageChunk]:
    """Read a whole stream, one way or the other."""
    config = {"callbacks": [heard]}
    if is_async:
        return asyncio.run(collect(model.astream("q", config, **kwargs)))
    return list(model.stream("q", config, **kwargs))


@pytest.mark.parametrize("kind", [Words, AsyncWords])
@pytest.mark.parametrize("is_async", [False, True])
def test_stream_tells_each_chunk(heard: Heard, kind: type[Words], is_async: bool) -> None:
    """Each chunk is told as a token, and the run ends with their sum."""
    chunks = stream(kind(), heard, is_async=is_async)
    assert [chunk.content for chunk in chunks] == SPOKEN
    assert heard.names == ["start", *["token"] * 4, "end"]
    assert heard.payloads("token") == SPOKEN
    told = [keywords["chunk"] for name, _, keywords in heard.events if name == "token"]
    assert [chunk.message for chunk in told] == chunks
    (response,) = heard.payloads("end")
    assert response.generations[0][0].text == "good day sir "


def test_token_is_told_before_the_chunk_is_handed_out(heard: Heard) -> None:
    """When the caller has a chunk, handlers know it already."""
    for count, _ in enumerate(Words().stream("q", {"callbacks": [heard]}), start=1):
        assert len(heard.payloads("token")) == count


def test_chunks_share_the_id_of_the_run(heard: Heard) -> None:
    """All chunks have one id, that of the run."""
    chunks = stream(Words(), heard, is_async=False)
    assert {chunk.id for chunk in chunks} == {f"run-{heard.keywords('end')['run_id']}"}


def test_only_the_last_chunk_is_marked(heard: Heard) -> None:
    """An empty chunk marks the end of a stream whose model does not."""
    chunks = stream(Words(), heard, is_async=False)
    assert [chunk.chunk_position for chunk in chunks] == [None, None, None, "last"]


def test_chunks_keep_the_id_of_the_provider(heard: Heard) -> None:
    """A stream whose chunks have an id keeps it to the end."""

    class Named(Words):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            yield ChatGenerationChunk(message=AIMessageChunk(content="x", id="msg_1"))

    assert [chunk.id for chunk in stream(Named(), heard, is_async=False)] == ["msg_1", "msg_1"]


def test_a_marked_end_is_left_alone(heard: Heard) -> None:
    """A model that marks its last chunk gets no further one."""

    class Marking(Words):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            message = AIMessageChunk(content="all", chunk_position="last")
            yield ChatGenerationChunk(message=message)

    assert [chunk.content for chunk in stream(Marking(), heard, is_async=False)] == ["all"]
    assert heard.names == ["start", "token", "end"]


def test_generation_info_becomes_metadata(heard: Heard) -> None:
    """What a chunk's generation info tells, its message tells too."""
    chunks = stream(Words(info={"logprob": 1}), heard, is_async=False)
    assert chunks[0].response_metadata == {"logprob": 1}


@pytest.mark.parametrize("is_async", [False, True])
def test_error_tells_what_was_said(heard: Heard, is_async: bool) -> None:
    """A failure in mid-stream is told with the chunks so far, and raised as it is."""
    problem = ValueError("cut")
    with pytest.raises(ValueError, match="cut") as caught:
        stream(AsyncWords(error=problem, fail_at=2), heard, is_async=is_async)
    assert caught.value is problem
    assert heard.names == ["start", "token", "token", "error"]
    said, refusal = heard.keywords("error")["response"].generations
    assert said[0].text == "good day "
    assert refusal == []


@pytest.mark.parametrize("is_async", [False, True])
def test_empty_stream_is_an_error(heard: Heard, is_async: bool) -> None:
    """A stream without a chunk fails its run."""
    with pytest.raises(ValueError, match="without a single chunk"):
        stream(Words(reply=""), heard, is_async=is_async)
    assert heard.names == ["start", "error"]


def test_early_close_ends_with_what_was_said(heard: Heard) -> None:
    """Closing a stream ends its run with the chunks so far, and closes the model's stream."""
    closed = []

    class Closing(Words):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            try:
                yield from super()._stream(messages)
            finally:
                closed.append("model")

    chunks = Closing().stream("q", {"callbacks": [heard]})
    next(chunks)
    chunks.close()
    assert closed == ["model"]
    assert heard.names == ["start", "token", "end"]
    (response,) = heard.payloads("end")
    assert response.generations[0][0].text == "good "


@pytest.mark.parametrize("kind", [Words, AsyncWords])
def test_early_aclose_ends_with_what_was_said(heard: Heard, kind: type[Words]) -> None:
    """The same for an async stream, native or from a thread."""
    closed = []

    class Closing(kind):
        def _stream(self, messages, stop=None, run_manager=None, **kwargs):
            try:
                yield from Words._stream(self, messages)
            finally:
                closed.append("model")

    async def use() -> None:
        chunks = Closing().astream("q", {"callbacks": [heard]})
        await chunks.__anext__()
        await chunks.aclose()
        assert closed == ["model"]

    asyncio.run(use())
    assert heard.names == ["start", "token", "end"]
    (response,) = heard.payloads("end")
    assert response.generations[0][0].text == "good "


class NoStream(Words):
    """A model that cannot stream."""

    _stream = Words.__mro__[2]._stream


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("model", "kwargs"),
    [
        (NoStream(), {}),
        (Words(disable_streaming=True), {}),
        (Words(disable_streaming="tool_calling"), {"tools": [{"name": "t"}]}),
    ],
    ids=["unable", "disabled", "disabled for tools"],
)
def test_stream_of_one_whole_answer(
    heard: Heard, model: Words, kwargs: dict[str, Any], is_async: bool
) -> None:
    """A model that cannot or must not stream gives its whole answer as the only chunk."""
    (only,) = stream(model, heard, is_async=is_async, **kwargs)
    assert only.content == "good day sir"
    assert heard.names == ["start", "end"]


def test_disabled_for_tools_streams_without_tools(heard: Heard) -> None:
    """`disable_streaming="tool_calling"` lets other calls stream."""
    assert len(stream(Words(disable_streaming="tool_calling"), heard, is_async=False)) == 4


class Streaming(AsyncWords):
    """A model with a switch of its own."""

    streaming: bool = False


class Tapping(Heard):
    """A handler that passes tokens on, as the one behind `astream_events` does."""

    def tap_output_iter(self, run_id, output):
        return output

    def tap_output_aiter(self, run_id, output):
        return output


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("model", "kwargs", "handler", "streams"),
    [
        (AsyncWords(), {}, Heard, False),
        (AsyncWords(), {"stream": True}, Heard, True),
        (AsyncWords(), {}, Tapping, True),
        (AsyncWords(), {"stream": False}, Tapping, False),
        (AsyncWords(disable_streaming=True), {}, Tapping, False),
        (Streaming(streaming=True), {}, Heard, True),
        (Streaming(streaming=False), {}, Tapping, False),
        (Streaming(), {}, Heard, False),
        (Streaming(), {}, Tapping, True),
    ],
)
def test_who_makes_invoke_stream(
    model: Words, kwargs: dict[str, Any], handler: type[Heard], streams: bool, is_async: bool
) -> None:
    """An answer is streamed inside `invoke` when the call, the model or a handler asks for it."""
    heard = handler()
    config = {"callbacks": [heard]}
    if is_async:
        answer = asyncio.run(model.ainvoke("q", config, **kwargs))
    else:
        answer = model.invoke("q", config, **kwargs)
    assert answer.content == ("good day sir " if streams else "good day sir")
    assert type(answer).__name__ == "AIMessage"
    assert ("token" in heard.names) is streams


def test_generate_from_stream_adds_up() -> None:
    """Chunks become one result with a whole message; no chunks are refused."""
    chunks = list(Words()._stream([]))
    whole = generate_from_stream(iter(chunks))
    assert whole.generations[0].message.content == "good day sir "
    assert type(whole.generations[0].message).__name__ == "AIMessage"

    async def again() -> Any:
        async def items():
            for chunk in chunks:
                yield chunk

        return await agenerate_from_stream(items())

    assert asyncio.run(again()) == whole
    with pytest.raises(ValueError, match="no chunks"):
        generate_from_stream(iter([]))
