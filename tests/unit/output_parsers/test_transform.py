"""Parsers on streams."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.output_parsers import (
    BaseCumulativeTransformOutputParser,
    BaseTransformOutputParser,
    StrOutputParser,
)


class Shout(BaseTransformOutputParser[str]):
    def parse(self, text):
        return text.upper()


class SoFar(BaseCumulativeTransformOutputParser[str]):
    """Hands out whole words only."""

    def parse_result(self, result, *, partial=False):
        words, _, rest = result[0].text.rpartition(" ")
        return (words or None) if partial and rest else result[0].text.strip()

    def parse(self, text):
        return text

    def _diff(self, prev, next):
        return next[len(prev or "") :]


async def collected(parser, chunks):
    async def source():
        for chunk in chunks:
            yield chunk

    return [value async for value in parser.atransform(source())]


def both(parser, chunks):
    """The sync and the async stream, which must be equal."""
    values = list(parser.transform(iter(chunks)))
    assert asyncio.run(collected(parser, chunks)) == values
    return values


def test_each_chunk_is_parsed():
    """A transform parser hands out one value per chunk, of text and of messages."""
    assert both(Shout(), ["a", AIMessageChunk("b"), AIMessage("c")]) == ["A", "B", "C"]


def test_str_parser_passes_text_through():
    """The string parser hands out the text of each chunk, empty ones too."""
    assert both(StrOutputParser(), [AIMessageChunk("a"), AIMessageChunk(""), "b"]) == ["a", "", "b"]


def test_cumulative_parser_sees_everything_so_far():
    """Values are made of all text so far; unchanged and missing ones are left out."""
    assert both(SoFar(), ["on", "e tw", "", "o ", "x"]) == ["one", "one two"]


def test_cumulative_parser_takes_messages():
    """Message chunks add up; a whole message in the stream does too."""
    assert both(SoFar(), [AIMessageChunk("one "), AIMessageChunk("two ")]) == ["one", "one two"]
    assert both(SoFar(), [AIMessage("one "), AIMessageChunk("two ")]) == ["one", "one two"]


def test_diff_hands_out_changes():
    """With `diff`, the stream holds what `_diff` makes of neighbours."""
    assert both(SoFar(diff=True), ["one ", "two "]) == ["one", " two"]


def test_diff_is_refused_where_there_is_none():
    """A parser without `_diff` says that `diff` must stay off."""

    class NoDiff(BaseCumulativeTransformOutputParser[str]):
        def parse(self, text):
            return text

    with pytest.raises(NotImplementedError, match="NoDiff cannot stream differences"):
        list(NoDiff(diff=True).transform(iter(["a"])))


def test_wrong_chunks_are_refused():
    """A chunk that is neither text nor a message is a TypeError, in both kinds of parsers."""
    for parser in (Shout(), SoFar()):
        with pytest.raises(TypeError, match="not int: 3"):
            list(parser.transform(iter([3])))
