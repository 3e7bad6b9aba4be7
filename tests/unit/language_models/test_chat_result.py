"""Tests of what is kept of a stream: the log of chunks against adding all chunks up."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ferrule.language_models.chat_result import ChunkLog
from ferrule.messages import AIMessageChunk, ChatMessageChunk
from ferrule.outputs import ChatGenerationChunk
from ferrule.outputs.chat_generation import merge_chat_generation_chunks

PIECE = {"name": "add", "args": "{", "id": "c1", "index": 0, "type": "tool_call_chunk"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


class OwnChunk(AIMessageChunk):
    """A class of the program's."""


STREAMS: list[list[Any]] = [
    ["a"],
    ["a", "b", "c"],
    ["a", "", AIMessageChunk("", chunk_position="last")],
    ["a", AIMessageChunk("b", id="msg_1"), AIMessageChunk("c", id="msg_1"), "d"],
    ["a", AIMessageChunk("b", tool_call_chunks=[PIECE]), "c", "d"],
    ["a", AIMessageChunk("b", additional_kwargs={"x": 1}), "c"],
    ["a", AIMessageChunk("b", usage_metadata=USAGE), AIMessageChunk("c", name="bob")],
    [AIMessageChunk(["a"]), AIMessageChunk([{"type": "text", "text": "b"}]), "c"],
    [OwnChunk("a"), OwnChunk("b")],
    [ChatMessageChunk("a", role="chair"), ChatMessageChunk("b", role="chair")],
]


def chunks_of(stream: list[Any], run_id: str | None = None) -> list[ChatGenerationChunk]:
    messages = [AIMessageChunk(item) if isinstance(item, str) else item for item in stream]
    copies = [message.model_copy(deep=True) for message in messages]
    for message in copies:
        message.id = message.id or run_id
    return [ChatGenerationChunk(message=message) for message in copies]


@pytest.mark.parametrize("stream", STREAMS)
def test_log_amounts_to_the_sum_of_its_chunks(stream: list[Any]) -> None:
    """What was kept adds up to what all chunks add up to, whatever they hold."""
    log = ChunkLog()
    log.open("run-1")
    for chunk in chunks_of(stream):
        log.shape(chunk)
        log.add(chunk)
    total, expected = (
        merge_chat_generation_chunks(chunks) for chunks in (log.chunks, chunks_of(stream, "run-1"))
    )
    assert total == expected
    assert total.model_dump() == expected.model_dump()
    assert total.message.model_fields_set == expected.message.model_fields_set
    assert pickle.loads(pickle.dumps(total.message)) == expected.message


def test_chunks_of_text_are_kept_as_one() -> None:
    """A stream of nothing but text is kept as one chunk, however long it is."""
    log = ChunkLog()
    log.open("run-1")
    for chunk in chunks_of(["x"] * 100):
        log.shape(chunk)
        log.add(chunk)
    assert [chunk.text for chunk in log.chunks] == ["x" * 100]


def test_what_is_put_into_a_chunk_in_place_is_kept() -> None:
    """A container that a model fills after the chunk was made is not lost."""
    log = ChunkLog()
    chunk = ChatGenerationChunk(message=AIMessageChunk("a"))
    chunk.message.additional_kwargs["x"] = 1
    log.add(chunk)
    assert log.chunks == [chunk]


def test_generation_info_becomes_metadata() -> None:
    """What a chunk's generation tells is found in its message; the message's own values win."""
    log = ChunkLog()
    message = AIMessageChunk("a", response_metadata={"model": "m"})
    info = {"model": "other", "finish_reason": "stop"}
    log.shape(ChatGenerationChunk(message=message, generation_info=info))
    assert message.response_metadata == {"model": "m", "finish_reason": "stop"}
