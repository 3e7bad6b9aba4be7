"""Content blocks of every accepted form become blocks of the API."""

from __future__ import annotations

import pytest

from ferrule.anthropic.blocks import to_wire_all

PNG = {"type": "base64", "media_type": "image/png", "data": "QUJD"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}
WEB = {"type": "url", "url": "https://example.org/a"}
FILE = {"type": "file", "file_id": "file_1"}


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}, PNG),
        ({"type": "image_url", "image_url": "https://example.org/a"}, WEB),
        ({"type": "image", "base64": "QUJD", "mime_type": "image/png"}, PNG),
        ({"type": "image", "url": "https://example.org/a"}, WEB),
        ({"type": "image", "url": "data:image/png;base64,QUJD"}, PNG),
        ({"type": "image", "file_id": "file_1"}, FILE),
        ({"type": "image", "source_type": "base64", "data": "QUJD", "mime_type": "image/png"}, PNG),
        ({"type": "image", "source_type": "url", "url": "https://example.org/a"}, WEB),
        ({"type": "image", "source_type": "id", "id": "file_1"}, FILE),
        ({"type": "image", "source": PNG}, PNG),
    ],
)
def test_images(given, source):
    """Images in OpenAI's, the standard and the API's own form."""
    assert to_wire_all([given]) == [{"type": "image", "source": source}]


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"type": "file", "base64": "QUJD"}, PDF),
        ({"type": "file", "base64": "QUJD", "mime_type": "application/pdf"}, PDF),
        ({"type": "file", "url": "https://example.org/a"}, WEB),
        ({"type": "file", "file_id": "file_1"}, FILE),
        (
            {"type": "file", "source_type": "text", "data": "hello"},
            {"type": "text", "media_type": "text/plain", "data": "hello"},
        ),
        (
            {"type": "text-plain", "text": "hello"},
            {"type": "text", "media_type": "text/plain", "data": "hello"},
        ),
        ({"type": "document", "source": PDF}, PDF),
    ],
)
def test_documents(given, source):
    """Files and plain texts in the standard and the API's own form."""
    assert to_wire_all([given]) == [{"type": "document", "source": source}]


def test_what_stands_beside_a_document_is_kept():
    """Title, context, citations and cache marks survive, from the block or its extras."""
    beside = {"title": "T", "context": "C", "citations": {"enabled": True}}
    cache = {"cache_control": {"type": "ephemeral"}}
    (block,) = to_wire_all([{"type": "file", "base64": "QUJD", "extras": beside, **cache}])
    assert block == {"type": "document", "source": PDF, **beside, **cache}


def test_texts():
    """Strings and text blocks are texts; empty ones vanish, foreign keys too."""
    given = ["a", "", {"type": "text", "text": "b", "id": "lc_1", "index": 3}]
    assert to_wire_all(given) == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


def test_reasoning_needs_the_service_s_signature():
    """Standard reasoning becomes thinking if it is signed; another provider's is left out."""
    signed = {"type": "reasoning", "reasoning": "hm", "extras": {"signature": "s"}}
    foreign = {"type": "reasoning", "reasoning": "hm"}
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    assert to_wire_all([signed, foreign]) == [thought]


def test_blocks_of_the_api_pass_without_position():
    """Blocks that only the API knows go through, without the index of streaming."""
    block = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    assert to_wire_all([{**block, "index": 2}]) == [block]


@pytest.mark.parametrize("kind", ["audio", "video", "input_audio"])
def test_media_that_the_api_does_not_take(kind):
    """Sound and film are refused by name."""
    with pytest.raises(ValueError, match=f"no content of type '{kind}'"):
        to_wire_all([{"type": kind, "base64": "QUJD"}])


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"text": "a"}, "has no type"),
        ({"type": "image", "mime_type": "image/png"}, "image block has no data"),
        ({"type": "image_url", "image_url": "data:oops"}, "data URL 'data:oops'"),
    ],
)
def test_broken_blocks(block, message):
    """A block that cannot be understood is an error that names it."""
    with pytest.raises(ValueError, match=message):
        to_wire_all([block])
