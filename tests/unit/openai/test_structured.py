"""Answers in the form of a schema: by the service's own doing, by a tool, by plain JSON."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from ferrule.exceptions import OutputParserException
from ferrule.openai import RefusalError
from ferrule.openai.structured import to_response_format
from tests.loopback.openai import says, tool_call
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2, as json?"


class Sum(BaseModel):
    """A sum."""

    total: int
    note: str | None = None


class Total(TypedDict):
    """A sum."""

    total: int


SCHEMA = {
    "title": "Total",
    "description": "A sum.",
    "type": "object",
    "properties": {"total": {"type": "integer"}},
    "required": ["total"],
}
WIRE = {
    "type": "json_schema",
    "json_schema": {
        "name": "Total",
        "schema": {"type": "object", "properties": {"total": {"type": "integer"}}},
    },
}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("schema", [Sum, Total, SCHEMA], ids=["model", "typed dict", "JSON schema"])
def test_methods(chat, server, method, schema):
    """Every method gives instances of models and dicts for other schemas, in both colours."""
    structured = chat().with_structured_output(schema, method=method)
    expected = Sum(total=3) if schema is Sum else {"total": 3}
    for call in (structured.invoke, lambda asked: asyncio.run(structured.ainvoke(asked))):
        if method == "function_calling":
            name = "Sum" if schema is Sum else "Total"
            server.script(says(tool_call(name, {"total": 3})))
        else:
            server.script(says('{"total": 3}'))
        assert call(ASKED) == expected
        body = server.bodies[-1]
        if method == "function_calling":
            assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
        else:
            assert body["response_format"]["type"] == method.replace("json_mode", "json_object")


def test_models_are_strict_by_default(chat, server):
    """The service guarantees the form of a model; of other schemas when asked to."""
    server.script(*[says('{"total": 3, "note": null}')] * 3)
    chat().with_structured_output(Sum).invoke(ASKED)
    chat().with_structured_output(Total).invoke(ASKED)
    chat().with_structured_output(Total, strict=True).invoke(ASKED)
    of_model, of_dict, asked_for = (
        body["response_format"]["json_schema"] for body in server.bodies
    )
    assert of_model["strict"] is True
    assert of_model["schema"]["required"] == ["total", "note"]
    assert "strict" not in of_dict
    assert asked_for["strict"] is True


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (WIRE, WIRE),
        (WIRE["json_schema"], WIRE),
        ({"type": "json_object"}, {"type": "json_object"}),
    ],
)
def test_formats_of_the_api(given, expected):
    """A dictionary in the API's own form is sent as it is."""
    assert to_response_format(given) == expected


def test_two_opinions_on_strictness():
    """A description that says another `strict` is an error that names it."""
    loose = {"name": "Total", "schema": {}, "strict": False}
    with pytest.raises(ValueError, match="'Total' says strict=False"):
        to_response_format(loose, strict=True)


def test_raw_answers(chat, server):
    """With `include_raw` the message comes along, and errors of the parser are told."""
    structured = chat().with_structured_output(Sum, include_raw=True)
    server.script(says('{"total": 3}'), says("three"))
    good, bad = structured.invoke(ASKED), structured.invoke(ASKED)
    assert (good["parsed"], good["parsing_error"]) == (Sum(total=3), None)
    assert good["raw"].content == '{"total": 3}'
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], OutputParserException)


def test_refusals(chat, server):
    """A model that declines raises what it said, streamed or not."""
    structured = chat().with_structured_output(Sum)
    server.script(*[says(message={"refusal": "I will not."})] * 2)
    with pytest.raises(RefusalError, match=r"I will not\.") as raised:
        structured.invoke(ASKED)
    assert raised.value.refusal == "I will not."
    with pytest.raises(RefusalError, match=r"I will not\."):
        list(structured.stream(ASKED))


def test_streams_hand_out_what_is_there(chat, server):
    """A dict grows while it streams."""
    server.script(says('{"total": 3}', pieces=('{"total"', ": 3", "}")))
    got = list(chat().with_structured_output(Total).stream(ASKED))
    assert got[-1] == {"total": 3}
    assert got[0] == {}


def test_tools_beside_the_form(chat, server):
    """A model may call a tool instead of answering; there is no output then."""
    structured = chat().with_structured_output(Sum, tools=[add], include_raw=True)
    server.script(says(tool_call("add", {"a": 1, "b": 2})))
    asked = structured.invoke(ASKED)
    assert asked["parsed"] is None
    assert asked["parsing_error"] is None
    assert asked["raw"].tool_calls[0]["name"] == "add"


def test_bound_tools_beside_a_form(chat, server):
    """The API takes tools and a form together when both are strict."""
    chat().bind_tools([add], response_format=Total).invoke(ASKED)
    body = server.bodies[-1]
    assert body["tools"][0]["function"]["strict"] is True
    assert body["response_format"]["json_schema"]["strict"] is True


def test_a_model_class_as_a_parameter_of_a_call(chat, server):
    """`response_format` may be a class, as with the SDK."""
    chat().invoke(ASKED, response_format=Sum)
    assert server.bodies[-1]["response_format"]["json_schema"]["name"] == "Sum"


def test_handlers_hear_the_form(chat, server):
    """The start event tells method and schema."""
    heard = Heard()
    server.script(says('{"total": 3}'))
    chat().with_structured_output(Total).invoke(ASKED, config={"callbacks": [heard]})
    told = heard.last("start")[2]["options"]["ls_structured_output_format"]
    assert told["kwargs"] == {"method": "json_schema"}
    assert told["schema"]["title"] == "Total"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"schema": Sum, "method": "magic"}, "Unknown method 'magic'"),
        ({"method": "json_schema"}, "needs a schema for the method 'json_schema'"),
        ({"schema": Sum, "method": "json_mode", "tools": [add]}, "tools with 'json_schema' only"),
        ({"schema": {"type": "object"}}, "cannot be described"),
    ],
)
def test_wrong_requests(chat, given, message):
    """What cannot work is refused before anything is sent."""
    with pytest.raises(ValueError, match=message):
        chat().with_structured_output(**given)
