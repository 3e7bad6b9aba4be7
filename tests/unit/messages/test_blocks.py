"""Content of any provider as typed blocks."""

from __future__ import annotations

import pytest

from ferrule.messages import AIMessage, AIMessageChunk, HumanMessage, is_data_content_block
from ferrule.messages.content import (
    create_audio_block,
    create_citation,
    create_file_block,
    create_image_block,
    create_non_standard_block,
    create_plaintext_block,
    create_reasoning_block,
    create_text_block,
    create_tool_call,
    create_video_block,
)

PNG = "data:image/png;base64,AA=="


@pytest.mark.parametrize(
    ("item", "block"),
    [
        ("Hi", {"type": "text", "text": "Hi"}),
        ({"type": "text", "text": "Hi"}, {"type": "text", "text": "Hi"}),
        ({"type": "zzz"}, {"type": "non_standard", "value": {"type": "zzz"}}),
        ({"a": 1}, {"type": "non_standard", "value": {"a": 1}}),
        (
            {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
            {
                "type": "image",
                "base64": "AA==",
                "mime_type": "image/png",
                "extras": {"detail": "low"},
            },
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "u"}, "cache_control": {}},
            {"type": "image", "url": "u", "extras": {"cache_control": {}}},
        ),
        (
            {
                "type": "document",
                "source": {"type": "base64", "data": "AA", "media_type": "application/pdf"},
            },
            {"type": "file", "base64": "AA", "mime_type": "application/pdf"},
        ),
        (
            {
                "type": "document",
                "source": {"type": "text", "data": "T", "media_type": "text/plain"},
                "title": "x",
            },
            {
                "type": "text-plain",
                "text": "T",
                "mime_type": "text/plain",
                "extras": {"title": "x"},
            },
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
            {"type": "audio", "base64": "AA", "mime_type": "audio/wav"},
        ),
        ({"type": "file", "file": {"file_id": "f1"}}, {"type": "file", "file_id": "f1"}),
        ({"type": "file", "file": {"file_data": "AA"}}, {"type": "file", "base64": "AA"}),
        (
            {"type": "image", "source_type": "base64", "data": "AA", "mime_type": "image/png"},
            {"type": "image", "base64": "AA", "mime_type": "image/png"},
        ),
        ({"type": "file", "source_type": "id", "id": "f1"}, {"type": "file", "file_id": "f1"}),
        (
            {"type": "thinking", "thinking": "hm", "signature": "s", "index": 0},
            {"type": "reasoning", "reasoning": "hm", "index": 0, "extras": {"signature": "s"}},
        ),
    ],
)
def test_known_forms(item, block):
    """Blocks of the providers' forms become typed blocks; what only they know goes to extras."""
    assert HumanMessage([item]).content_blocks == [block]


def test_text_is_one_block():
    """Text is a block, and no text is none."""
    assert HumanMessage("Hi").content_blocks == [{"type": "text", "text": "Hi"}]
    assert HumanMessage("").content_blocks == []


def test_answers_tell_reasoning_and_calls():
    """Reasoning comes first, calls last, and a call that the content repeats is told once."""
    answer = AIMessage(
        [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}],
        tool_calls=[{"name": "f", "args": {}, "id": "1"}],
        additional_kwargs={"reasoning_content": "hm"},
    )
    assert answer.content_blocks == [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "a"},
        {"type": "tool_call", "id": "1", "name": "f", "args": {}},
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "tool_use", "id": "2", "name": "f", "input": {}},
        {"type": "function_call", "id": "fc", "call_id": "2", "name": "f", "arguments": "{}"},
    ],
)
def test_a_call_that_the_answer_does_not_tell_stays(block):
    """A provider's form of a call is left out only where `tool_calls` holds that call."""
    other = AIMessage([block], tool_calls=[{"name": "f", "args": {}, "id": "1"}])
    assert other.content_blocks[0] == {"type": "non_standard", "value": block}
    assert [b["type"] for b in other.content_blocks] == ["non_standard", "tool_call"]
    same = AIMessage([block], tool_calls=[{"name": "f", "args": {}, "id": "2"}])
    assert [b["type"] for b in same.content_blocks] == ["tool_call"]
    assert AIMessageChunk([block]).content_blocks == [{"type": "non_standard", "value": block}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", []),
        ("a", [{"type": "text", "text": "a"}]),
        ([{"type": "input_json_delta", "partial_json": "{", "index": 0}], []),
        ([{"type": "tool_call_chunk", "id": "1", "name": "f", "args": "{", "index": 0}], []),
    ],
)
def test_streaming_answers_tell_pieces_of_calls(content, said):
    """Until the stream ends, calls are pieces, whatever the content says beside them."""
    piece = {"name": "f", "args": "{", "id": "1", "index": 0}
    chunk = AIMessageChunk(content, tool_call_chunks=[piece])
    assert chunk.content_blocks == [*said, {"type": "tool_call_chunk", **piece}]


def test_answers_that_ended_tell_whole_calls():
    """The chunk that ends the stream makes the pieces a call."""
    piece = {"name": "f", "args": "{}", "id": "1", "index": 0}
    chunk = AIMessageChunk("", tool_call_chunks=[piece])
    whole = chunk + AIMessageChunk("", chunk_position="last")
    assert whole.content_blocks == [{"type": "tool_call", "id": "1", "name": "f", "args": {}}]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png"}},
        {"type": "document", "source": {"type": "url"}},
        {"type": "image", "source_type": "base64", "mime_type": "image/png"},
        {"type": "audio", "source_type": "id"},
    ],
)
def test_media_without_data_are_not_understood(block):
    """A block that lacks what it should carry is handed on as it is."""
    assert HumanMessage([block]).content_blocks == [{"type": "non_standard", "value": block}]


def test_typed_answers_are_taken_as_they_are():
    """Content that is marked as typed is not read again."""
    content = [{"type": "text", "text": "a"}]
    answer = AIMessage(content, response_metadata={"output_version": "v1"})
    assert answer.content_blocks is answer.content


@pytest.mark.parametrize(
    ("block", "made"),
    [
        (
            create_text_block("a", id="1", index=0),
            {"type": "text", "text": "a", "id": "1", "index": 0},
        ),
        (create_image_block(url="u", id="1"), {"type": "image", "url": "u", "id": "1"}),
        (create_video_block(file_id="f", id="1"), {"type": "video", "file_id": "f", "id": "1"}),
        (
            create_audio_block(base64="AA", mime_type="audio/wav", id="1"),
            {"type": "audio", "base64": "AA", "mime_type": "audio/wav", "id": "1"},
        ),
        (
            create_file_block(url="u", id="1", foo=2),
            {"type": "file", "url": "u", "id": "1", "extras": {"foo": 2}},
        ),
        (
            create_plaintext_block("T", id="1"),
            {"type": "text-plain", "mime_type": "text/plain", "text": "T", "id": "1"},
        ),
        (
            create_tool_call("f", {}, id="1"),
            {"type": "tool_call", "name": "f", "args": {}, "id": "1"},
        ),
        (create_reasoning_block(id="1"), {"type": "reasoning", "reasoning": "", "id": "1"}),
        (create_citation(url="u", id="1"), {"type": "citation", "url": "u", "id": "1"}),
        (create_non_standard_block({}, id="1"), {"type": "non_standard", "value": {}, "id": "1"}),
    ],
)
def test_made_blocks(block, made):
    """Each function makes a block of its type, without what was not given."""
    assert block == made


def test_made_blocks_get_an_id():
    """An id is made up if none is given."""
    assert create_text_block("a")["id"].startswith("lc_")


def test_blocks_without_data_are_refused():
    """The error says what to pass."""
    with pytest.raises(ValueError, match="url, base64 and file_id"):
        create_image_block()
    with pytest.raises(ValueError, match="mime_type"):
        create_file_block(base64="AA")


@pytest.mark.parametrize(
    ("block", "is_data"),
    [
        ({"type": "image", "url": "u"}, True),
        ({"type": "image", "source_type": "base64", "data": "AA"}, True),
        ({"type": "file", "source_type": "id", "id": "f"}, True),
        ({"type": "image"}, False),
        ({"type": "text", "text": "a"}, False),
        ({"type": "image", "source": {}}, False),
    ],
)
def test_data_blocks(block, is_data):
    """Blocks with data are recognised in the typed and the older form."""
    assert is_data_content_block(block) is is_data
