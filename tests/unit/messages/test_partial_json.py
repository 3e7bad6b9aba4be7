"""Reading JSON that breaks off."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

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


def test_a_whole_value_is_read_at_once():
    """Objects and arrays that have ended inside of open ones are not taken apart again."""
    row = json.dumps({"name": "n", "tags": ["a", "b", "c"], "size": {"x": 1, "y": 2}})
    work = {
        rows: calls_of(lambda n=rows: parse_partial_json('{"rows": [' + f"{row}, " * n + '{"na'))
        for rows in (10, 20)
    }
    quotes = row.count('"')  # each text alone would take several calls
    assert (work[20] - work[10]) / 10 < quotes


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ).map(lambda value: {"it": value}),
    st.booleans(),
    st.data(),
)
def test_every_beginning_of_an_object_is_read(value, ascii_only, data):
    """Wherever the text of an object breaks off, what is read is in the object."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    end = data.draw(st.integers(1, len(text)))
    assert begins(parse_partial_json(text[:end]), value)


def begins(part, whole):
    """Whether `part` may be read from the beginning of the text of `whole`."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(begins(part[key], whole[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(begins, part, whole))
    if isinstance(whole, str) and isinstance(part, str):
        return whole.startswith(part)
    if isinstance(whole, int) and isinstance(part, int):
        return str(whole).startswith(str(part))
    return part == whole
