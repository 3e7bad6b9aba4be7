"""Lists: whole, and item by item while they stream."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, strategies as st

from ferrule.messages import AIMessageChunk
from ferrule.output_parsers import (
    CommaSeparatedListOutputParser,
    ListOutputParser,
    MarkdownListOutputParser,
    NumberedListOutputParser,
)

COMMA, NUMBERED, MARKDOWN = (
    CommaSeparatedListOutputParser(),
    NumberedListOutputParser(),
    MarkdownListOutputParser(),
)


def streamed(parser, chunks):
    values = list(parser.transform(iter(chunks)))
    assert all(len(value) == 1 for value in values)
    return [value[0] for value in values]


@pytest.mark.parametrize(
    ("parser", "text", "items"),
    [
        (COMMA, "a, b,c", ["a", "b", "c"]),
        (COMMA, '"a, b", c', ["a, b", "c"]),
        (COMMA, "a\nb, c", ["a", "b", "c"]),
        (COMMA, "", []),
        (NUMBERED, "Well:\n1. a b\n\n2. c\n10. d", ["a b", "c", "d"]),
        (NUMBERED, "nothing", []),
        (MARKDOWN, "So:\n- a\n  * b c\n-d", ["a", "b c"]),
    ],
)
def test_items(parser, text, items):
    """Each form is split into its items."""
    assert parser.parse(text) == items
    assert parser.invoke(text) == items


def test_items_stream_when_they_are_complete():
    """An item is handed out once what follows shows that it is complete."""
    seen = []

    def chunks():
        for chunk in ("1. a", "b\n2. c", "d\n3. e"):
            yield chunk
            seen.append(chunk)

    stream = NUMBERED.transform(chunks())
    assert next(stream) == ["ab"]
    assert seen == ["1. a"]
    assert list(stream) == [["cd"], ["e"]]


def test_message_chunks_with_blocks_stream():
    """The text of content blocks counts."""
    blocks = [
        AIMessageChunk([{"type": "text", "text": part, "index": 0}]) for part in ("a, b", ", c")
    ]
    assert streamed(COMMA, blocks) == ["a", "b", "c"]


def test_quoted_values_survive_any_chunking():
    """A quote that is open at the end of a chunk keeps its commas."""
    assert streamed(COMMA, ['x, "a', ', b"', ", c"]) == ["x", "a, b", "c"]


def test_async_stream_equals_sync():
    """Both streams hand out the same."""

    async def collect():
        async def source():
            for chunk in ("- a\n", "- b"):
                yield chunk

        return [value async for value in MARKDOWN.atransform(source())]

    assert asyncio.run(collect()) == [["a"], ["b"]]


def test_own_list_parser_streams_by_parse():
    """A subclass with `parse` alone streams all items but the last one as they come."""

    class Lines(ListOutputParser):
        def parse(self, text):
            return text.split("/")

    assert streamed(Lines(), ["a/b", "c/", "d"]) == ["a", "bc", "d"]


# Without NUL: the csv module of Python 3.10 refuses it.
characters = st.characters(codec="ascii", exclude_characters=',"\r\n \\\0')


def test_empty_values_stream_too():
    """A comma makes a value, also where a chunk ends beside it."""
    assert streamed(COMMA, "a,,b") == ["a", "", "b"]
    assert streamed(COMMA, [",", "a", ",\n", "b,"]) == ["", "a", "", "b", ""]


@given(st.lists(st.text('ab ,"\n', min_size=1, max_size=3)))
def test_chunking_does_not_change_odd_lists(pieces):
    """Nor does it where values are empty, or quotes are left open or stand within values."""
    assert streamed(COMMA, pieces) == COMMA.parse("".join(pieces))


@given(st.lists(st.text(characters, min_size=1), min_size=1), st.data())
def test_chunking_does_not_change_the_items(values, data):
    """However a list is cut into chunks, the stream hands out what parsing the whole gives."""
    text = ", ".join(values)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert streamed(COMMA, pieces) == COMMA.parse(text)
    numbered = "\n".join(f"{place}. {value}" for place, value in enumerate(values, 1))
    assert NUMBERED.parse(numbered) == values


@pytest.mark.parametrize("parser", [COMMA, NUMBERED, MARKDOWN])
def test_instructions_show_what_the_parser_reads(parser):
    """The example in the format instructions is of the form that the parser takes."""
    text = parser.get_format_instructions().rpartition(":")[2].strip().strip("`")
    assert parser.parse(text) == ["foo", "bar", "baz"]
