"""JSON: in fences, broken off, as differences, into models."""

from __future__ import annotations

import asyncio
import json

import jsonpatch
import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, Field, ValidationError

from ferrule.exceptions import OutputParserException
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.output_parsers import JsonOutputParser, PydanticOutputParser, SimpleJsonOutputParser
from ferrule.output_parsers.json import parse_and_check_json_markdown, parse_json_markdown
from ferrule.output_parsers.json_diff import json_diff

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Point(BaseModel):
    x: int = Field(description="How far right")
    y: int = 0


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        '```json\n{"a": [1, 2]}\n```',
        '```\n{"a": [1, 2]}\n```',
        'Sure! ```json\n{"a": [1, 2]}\n``` Anything else?',
        '  `{"a": [1, 2]}`',
        '```json{"a": [1, 2',
    ],
)
def test_json_is_found(text):
    """JSON is read alone, in a fence, with text around the fence, and broken off."""
    assert parse_json_markdown(text) == {"a": [1, 2]}
    assert JsonOutputParser().invoke(AIMessage(text)) == {"a": [1, 2]}


def test_fence_inside_a_string_is_text():
    """A fence in a JSON string does not end the JSON."""
    value = {"code": "```py\nx\n```"}
    assert parse_json_markdown(f"```json\n{json.dumps(value)}\n```") == value


def test_no_json_is_a_parser_error_with_the_text():
    """The error shows and holds the text, and its cause says where it is wrong."""
    with pytest.raises(OutputParserException, match="not JSON .*: no idea") as caught:
        JsonOutputParser().invoke(" no idea ")
    assert caught.value.llm_output == "no idea"
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)


def test_checked_keys():
    """Missing keys and values that are no objects are parser errors."""
    assert parse_and_check_json_markdown('{"a": 1}', ["a"]) == {"a": 1}
    for text, what in (('{"a": 1}', "lacks b, c"), ("[1]", "list"), ("?", "not JSON")):
        with pytest.raises(OutputParserException, match=what) as caught:
            parse_and_check_json_markdown(text, ["a", "b", "c"])
        assert caught.value.llm_output == text


def test_stream_hands_out_what_is_there():
    """Each chunk that changes the value hands it out; text before the JSON is waited out."""
    chunks = ["```json\n", '{"a"', ": 1,", ' "b": "x', "y", '"}', "\n```"]
    want = [{}, {"a": 1}, {"a": 1, "b": "x"}, {"a": 1, "b": "xy"}]
    assert list(JsonOutputParser().transform(iter(chunks))) == want
    assert list(JsonOutputParser().transform(map(AIMessageChunk, chunks))) == want


def test_stream_of_differences():
    """With `diff`, the stream holds patches that lead from value to value."""
    value = None
    for patch in JsonOutputParser(diff=True).transform(iter(['{"a": [1', ', 2], "b', '": "c"}'])):
        value = jsonpatch.apply_patch(value, patch)
    assert value == {"a": [1, 2], "b": "c"}


def test_async_stream():
    """The async stream hands out the same values."""

    async def collect():
        async def source():
            for chunk in ('{"a":', " 1}"):
                yield chunk

        return [value async for value in JsonOutputParser().atransform(source())]

    assert asyncio.run(collect()) == [{}, {"a": 1}]


@given(json_values)
def test_every_prefix_of_json_parses_or_is_waited_out(value):
    """No prefix of a document makes the stream fail, and the last value is the document."""
    text = json.dumps({"it": value})
    values = list(JsonOutputParser().transform(iter(text)))
    assert values[-1] == {"it": value}


@given(json_values, json_values)
def test_difference_leads_from_old_to_new(old, new):
    """Applied to the old value, the operations give exactly the new one."""
    patched = jsonpatch.apply_patch({"it": old}, json_diff({"it": old}, {"it": new}))
    assert json.dumps(patched, sort_keys=True) == json.dumps({"it": new}, sort_keys=True)
    assert json_diff(old, old) == []


def test_difference_escapes_keys():
    """Slashes and tildes in keys are escaped in paths."""
    assert json_diff({}, {"a/b~c": 1}) == [{"op": "add", "path": "/a~1b~0c", "value": 1}]


def test_instructions_hold_the_schema():
    """The instructions contain the schema of the model as JSON, or ask for any object."""
    text = JsonOutputParser(pydantic_object=Point).get_format_instructions()
    schema = json.loads(text.split("```")[1])
    assert schema["properties"]["x"]["description"] == "How far right"
    assert schema["required"] == ["x"]
    assert "JSON object" in JsonOutputParser().get_format_instructions()
    assert SimpleJsonOutputParser is JsonOutputParser


def test_pydantic_instance():
    """JSON becomes a validated instance of the model."""
    parser = PydanticOutputParser(pydantic_object=Point)
    assert parser.invoke('{"x": "1"}') == Point(x=1)
    assert parser.OutputType is Point
    assert "How far right" in parser.get_format_instructions()


@pytest.mark.parametrize("text", ['{"x": "one"}', "[]", "null", "what"])
def test_pydantic_errors_hold_the_text(text):
    """Both bad JSON and bad values are parser errors with the text."""
    with pytest.raises(OutputParserException) as caught:
        PydanticOutputParser(pydantic_object=Point).invoke(text)
    assert caught.value.llm_output == text
    assert caught.value.__cause__ is not None


def test_pydantic_stream_waits_for_valid_values():
    """While it streams, only valid instances are handed out, or what changes between them."""
    chunks = ["{", '"x": 1', ', "y": 2', "}"]
    parser = PydanticOutputParser(pydantic_object=Point)
    assert list(parser.transform(iter(chunks))) == [Point(x=1), Point(x=1, y=2)]
    patches = list(PydanticOutputParser(pydantic_object=Point, diff=True).transform(iter(chunks)))
    assert patches[-1] == [{"op": "replace", "path": "/y", "value": 2}]


@pytest.mark.parametrize("given", [5, dict, "Point"])
def test_an_answer_becomes_a_model(given):
    """What text is to become must be a model; it is refused when the parser is made."""
    with pytest.raises(ValidationError, match="instances of a pydantic model"):
        PydanticOutputParser(pydantic_object=given)
