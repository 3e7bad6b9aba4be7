"""XML: whole and element by element."""

from __future__ import annotations

import asyncio
import sys

import pytest

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers import XMLOutputParser

TEXT = "<list>\n<item>a</item><part><item>b</item></part>\n</list>"
WANT = {"list": [{"item": "a"}, {"part": [{"item": "b"}]}]}
PARSER = XMLOutputParser(parser="xml")


@pytest.mark.parametrize(
    "text", [TEXT, f"```xml\n{TEXT}\n```", f'<?xml version="1.0" encoding="utf-8"?>\n{TEXT}']
)
def test_document(text):
    """A document is read alone, in a fence, and behind a declaration."""
    assert PARSER.invoke(text) == WANT


def test_root_with_text():
    """A root without children is its text."""
    assert PARSER.invoke("<a>1</a>") == {"a": "1"}


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_stream(size):
    """However the text is cut, each leaf is handed out in its ancestors, and the pieces add up."""
    text = f"Here: ```{TEXT}``` Good?"
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    pieces = list(PARSER.transform(iter(chunks)))
    assert pieces == [{"list": [{"item": "a"}]}, {"list": [{"part": [{"item": "b"}]}]}]
    assert pieces[0] + pieces[1] == WANT

    async def collect():
        async def source():
            for chunk in chunks:
                yield chunk

        return [piece async for piece in PARSER.atransform(source())]

    assert asyncio.run(collect()) == pieces


def test_broken_documents_are_parser_errors():
    """Text that is not well-formed is a parser error, whole and streamed."""
    with pytest.raises(OutputParserException, match="not well-formed") as caught:
        PARSER.invoke("<a><b></a>")
    assert caught.value.llm_output == "<a><b></a>"
    with pytest.raises(OutputParserException, match="not well-formed"):
        list(PARSER.transform(iter(["<a><b>", "</a>"])))


def test_missing_library_is_named(monkeypatch):
    """Without defusedxml, the safe parser says what to do."""
    monkeypatch.setitem(sys.modules, "defusedxml", None)
    monkeypatch.setitem(sys.modules, "defusedxml.ElementTree", None)
    with pytest.raises(ImportError, match='install it, or pass parser="xml"'):
        XMLOutputParser().invoke("<a/>")


def test_instructions_list_the_tags():
    """The instructions show the tags."""
    assert "['a', 'b']" in XMLOutputParser(tags=["a", "b"]).get_format_instructions()
