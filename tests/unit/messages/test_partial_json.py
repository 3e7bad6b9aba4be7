"""Reading JSON that breaks off."""

from __future__ import annotations

import json

import pytest

from ferrule.messages.partial_json import parse_partial_json
from tests.support.work import calls_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("{", {}),
        ('{"a', {}),
        ('{"a":', {}),
        ('{"a": "x', {"a": "x"}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": "x\\u00', {"a": "x"}),
        ('{"a": "x\\ud83d', {"a": "x"}),
        ('{"a": "x\\ud83d\\ude', {"a": "x"}),
        ('{"a": "\\\\u12', {"a": "\\u12"}),
        ('{"a": 12', {"a": 12}),
        ('{"a": 1.', {"a": 1}),
        ('{"a": tru', {}),
        ('{"a": true, ', {"a": True}),
        ('{"a": [1, {"b": [', {"a": [1, {"b": []}]}),
        ('{"a": [1, "x"], "b', {"a": [1, "x"]}),
        ('{"a": "line\nbreak", "b": "', {"a": "line\nbreak", "b": ""}),
        ('{"a": 1} and more', {"a": 1}),
        ('[{"a": "}"', [{"a": "}"}]),
        ('"te', "te"),
    ],
)
def test_beginnings(text, value):
    """The usable part is read, with the brackets closed."""
    assert parse_partial_json(text) == value


@pytest.mark.parametrize(
    "text", ["", "  ", "tru", "}", '{"a": [1}', '{"a" 1}', '{"a": 1 x}', "[,1]"]
)
def test_wrong_texts(text):
    """What is wrong, or holds nothing, is an error that says where."""
    with pytest.raises(json.JSONDecodeError):
        parse_partial_json(text)


def test_strict_refuses_control_characters():
    """With `strict`, texts may not hold raw control characters."""
    with pytest.raises(json.JSONDecodeError):
        parse_partial_json('{"a": "x\ty', strict=True)


def test_reading_is_linear():
    """Dropping a long unfinished part does not take a parse per character."""
    short, long = ('{"a": [' + '"x",' * n + '"k' for n in (1_000, 16_000))

    def calls(text):
        return calls_of(lambda: parse_partial_json(text))

    assert calls(long) < 20 * calls(short)
