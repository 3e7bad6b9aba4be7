"""Tool calls of messages: as dicts, as arguments, as models."""

from __future__ import annotations

import logging

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from ferrule.exceptions import OutputParserException
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.output_parsers import (
    JsonOutputKeyToolsParser,
    JsonOutputToolsParser,
    PydanticToolsParser,
)
from ferrule.output_parsers.openai_tools import (
    make_invalid_tool_call,
    parse_tool_call,
    parse_tool_calls,
)

CALLS = AIMessage(
    "",
    tool_calls=[
        {"name": "add", "args": {"x": 1}, "id": "c1"},
        {"name": "sub", "args": {"x": 2}, "id": "c2"},
        {"name": "add", "args": {"x": 3}, "id": "c3"},
    ],
)
NO_CALLS = AIMessage("nothing to do")


def raw(name="add", arguments='{"x": 1}', **more):
    return {
        "id": "c1",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


class Add(BaseModel):
    x: int


class Sub(BaseModel):
    model_config = ConfigDict(title="sub")
    x: int


def test_calls_as_dicts():
    """Each call becomes a dict with type and args, and its id on demand."""
    first = {"type": "add", "args": {"x": 1}}
    assert JsonOutputToolsParser().invoke(CALLS)[0] == first
    assert JsonOutputToolsParser(return_id=True).invoke(CALLS)[0] == {**first, "id": "c1"}
    assert len(JsonOutputToolsParser().invoke(CALLS)) == 3
    assert JsonOutputToolsParser(first_tool_only=True).invoke(CALLS) == first


def test_no_calls():
    """A message without calls gives an empty list, or None where one call is wanted."""
    assert JsonOutputToolsParser().invoke(NO_CALLS) == []
    assert JsonOutputToolsParser(first_tool_only=True).invoke(NO_CALLS) is None


def test_parsing_leaves_the_message_alone():
    """The calls of the message stay as they are."""
    JsonOutputToolsParser().invoke(CALLS)
    assert CALLS.tool_calls[0] == {"name": "add", "args": {"x": 1}, "id": "c1", "type": "tool_call"}


def test_raw_calls_are_read_too():
    """Calls that are in `additional_kwargs` in the form of OpenAI count."""
    message = AIMessage("", additional_kwargs={"tool_calls": [raw()]})
    message.tool_calls = []
    assert JsonOutputToolsParser(return_id=True).invoke(message) == [
        {"type": "add", "args": {"x": 1}, "id": "c1"}
    ]


def test_text_holds_no_calls():
    """Text is refused, with the text in the error."""
    with pytest.raises(OutputParserException, match="not in text: 'add'") as caught:
        JsonOutputToolsParser().invoke("add")
    assert caught.value.llm_output == "add"
    with pytest.raises(NotImplementedError):
        JsonOutputToolsParser().parse("add")


def test_arguments_of_one_tool():
    """The calls of other tools are left out."""
    assert JsonOutputKeyToolsParser(key_name="add").invoke(CALLS) == [{"x": 1}, {"x": 3}]
    one = JsonOutputKeyToolsParser(key_name="sub", first_tool_only=True)
    assert one.invoke(CALLS) == {"x": 2}
    assert one.invoke(NO_CALLS) is None
    whole = JsonOutputKeyToolsParser(key_name="sub", return_id=True)
    assert whole.invoke(CALLS) == [{"type": "sub", "args": {"x": 2}, "id": "c2"}]


def test_models():
    """Calls become instances; a model is known by its configured title, else by its name."""
    message = AIMessage(
        "",
        tool_calls=[
            {"name": "Add", "args": {"x": "1"}, "id": "a"},
            {"name": "sub", "args": {"x": 2}, "id": "b"},
        ],
    )
    assert PydanticToolsParser(tools=[Add, Sub]).invoke(message) == [Add(x=1), Sub(x=2)]
    assert PydanticToolsParser(tools=[Add, Sub], first_tool_only=True).invoke(message) == Add(x=1)
    assert PydanticToolsParser(tools=[Add], first_tool_only=True).invoke(NO_CALLS) is None


def test_unknown_tool_lists_the_known_ones():
    """A call of another tool is a parser error."""
    with pytest.raises(OutputParserException, match="no tool 'add'; the tools are: Add, sub"):
        PydanticToolsParser(tools=[Add, Sub]).invoke(CALLS)


def test_bad_arguments_raise_and_tell_of_the_limit(caplog):
    """Arguments that do not fit are a ValidationError; a cut-off answer is warned about."""
    message = AIMessage(
        "",
        tool_calls=[{"name": "Add", "args": {}, "id": "a"}],
        response_metadata={"stop_reason": "max_tokens"},
    )
    with caplog.at_level(logging.WARNING), pytest.raises(ValidationError):
        PydanticToolsParser(tools=[Add]).invoke(message)
    assert "limit of tokens" in caplog.text


def test_models_while_the_call_streams():
    """Calls that are not valid yet are left out of what streams."""
    pieces = ('{"x": 1', "2", "}")
    chunks = [
        AIMessageChunk(
            "",
            tool_call_chunks=[
                {
                    "name": "Add" if n == 0 else None,
                    "args": piece,
                    "id": "a" if n == 0 else None,
                    "index": 0,
                }
            ],
        )
        for n, piece in enumerate(pieces)
    ]
    parser = PydanticToolsParser(tools=[Add], first_tool_only=True)
    assert list(parser.transform(iter(chunks))) == [Add(x=1), Add(x=12)]


def test_differences_of_calls():
    """The calls can stream as patches."""
    parser = JsonOutputToolsParser(diff=True, first_tool_only=True)
    assert list(parser.transform(iter([AIMessageChunk("a")]))) == []
    whole = AIMessageChunk(
        "", tool_call_chunks=[{"name": "add", "args": "{}", "id": "a", "index": 0}]
    )
    assert list(parser.transform(iter([whole]))) == [
        [{"op": "replace", "path": "", "value": {"args": {}, "type": "add"}}]
    ]


def test_raw_call_forms():
    """Other entries are passed over, no arguments mean none, broken ones depend on `partial`."""
    assert parse_tool_call({"type": "other"}) is None
    assert parse_tool_call(raw(arguments=""), return_id=False) == {"name": "add", "args": {}}
    assert parse_tool_call(raw(arguments='{"x": 1'), partial=True)["args"] == {"x": 1}
    assert parse_tool_call(raw(arguments=None), partial=True) is None
    assert parse_tool_call(raw())["type"] == "tool_call"


def test_all_broken_calls_are_told():
    """The error of several calls tells of each."""
    with pytest.raises(OutputParserException, match=r"(?s)'a'.*'b'"):
        parse_tool_calls([raw("a", "{"), raw(), raw("b", "}")])
    kept = make_invalid_tool_call(raw("a", "{"), "broken")
    assert (kept["name"], kept["args"], kept["error"]) == ("a", "{", "broken")


@pytest.mark.parametrize("tools", [5, [5], [dict], ["Add"]])
def test_tools_are_models(tools):
    """What calls are to become must be models; it is refused when the parser is made."""
    with pytest.raises(ValidationError, match=r"pydantic model"):
        PydanticToolsParser(tools=tools)
