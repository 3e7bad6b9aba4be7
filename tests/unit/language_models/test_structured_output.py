"""Tests of answers in the form of a schema."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from ferrule.exceptions import OutputParserException
from ferrule.language_models import FakeMessagesListChatModel
from ferrule.language_models.structured_output import describe_format
from ferrule.messages import AIMessage
from tests.unit.language_models.heard import Heard, Words


class Joke(BaseModel):
    """A joke."""

    setup: str
    laughs: int


class JokeDict(TypedDict):
    """A joke."""

    setup: str
    laughs: int


SCHEMA = {
    "title": "Joke",
    "description": "A joke.",
    "type": "object",
    "properties": {"setup": {"type": "string"}, "laughs": {"type": "integer"}},
    "required": ["setup", "laughs"],
}


class Calling(FakeMessagesListChatModel):
    """A model that calls the tool it is given."""

    bound: dict[str, Any] = {}

    def bind_tools(self, tools, *, tool_choice=None, **kwargs):
        self.bound.update(tools=tools, tool_choice=tool_choice)
        return self.bind(tools=tools, **kwargs)


def joking(name: str, args: dict[str, Any]) -> Calling:
    """Make a model that calls this tool with these arguments."""
    call = {"name": name, "args": args, "id": "c1"}
    return Calling(responses=[AIMessage("", tool_calls=[call])], bound={})


GOOD = {"setup": "Knock", "laughs": 3}


@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        (Joke, "Joke", Joke(setup="Knock", laughs=3)),
        (JokeDict, "JokeDict", GOOD),
        (SCHEMA, "Joke", GOOD),
    ],
    ids=["pydantic", "TypedDict", "JSON schema"],
)
def test_output_has_the_form_of_the_schema(schema: Any, name: str, expected: Any) -> None:
    """The arguments of the tool call become the output; the tool must be called."""
    model = joking(name, GOOD)
    assert model.with_structured_output(schema).invoke("q") == expected
    assert asyncio.run(model.with_structured_output(schema).ainvoke("q")) == expected
    assert model.bound == {"tools": [schema], "tool_choice": "any"}


def test_include_raw_has_the_message() -> None:
    """With `include_raw` the message comes with the output."""
    answer = joking("Joke", GOOD).with_structured_output(Joke, include_raw=True).invoke("q")
    assert answer["parsed"] == Joke(**GOOD)
    assert answer["parsing_error"] is None
    assert answer["raw"].tool_calls[0]["args"] == GOOD


def test_include_raw_has_the_parsing_error() -> None:
    """With `include_raw` an answer that does not fit is told, not raised."""
    model = joking("Joke", {"setup": "Knock"})
    answer = model.with_structured_output(Joke, include_raw=True).invoke("q")
    assert answer["parsed"] is None
    assert "laughs" in str(answer["parsing_error"])
    assert answer["raw"].tool_calls[0]["args"] == {"setup": "Knock"}


def test_answer_that_does_not_fit_is_raised() -> None:
    """Without `include_raw` an answer that does not fit is an error about the field."""
    model = joking("Joke", {"setup": "Knock"})
    with pytest.raises((ValueError, OutputParserException), match="laughs"):
        model.with_structured_output(Joke).invoke("q")


def test_format_is_told_in_the_options() -> None:
    """Handlers learn the wanted format; the model does not get it as an argument."""
    heard = Heard()
    model = joking("Joke", GOOD)
    model.with_structured_output(Joke).invoke("q", {"callbacks": [heard]})
    starts = [keywords for name, _, keywords in heard.events if name == "start"]
    told = starts[0]["options"]["ls_structured_output_format"]
    assert told["kwargs"] == {"method": "function_calling"}
    assert told["schema"]["title"] == "Joke"
    assert "ls_structured_output_format" not in starts[0]["invocation_params"]


def test_format_that_cannot_be_described_is_not_told() -> None:
    """A schema without a description leaves the options as they are."""
    assert describe_format({"schema": {"no": "title"}}) == {}


def test_needs_tools() -> None:
    """A model without `bind_tools` says that it has no structured output."""
    with pytest.raises(NotImplementedError, match="Words"):
        Words().bind_tools([Joke])
    with pytest.raises(NotImplementedError, match="Words"):
        Words().with_structured_output(Joke)


def test_refuses_unknown_keywords() -> None:
    """A misspelt keyword is refused by name; those that other models know are accepted."""
    model = joking("Joke", GOOD)
    with pytest.raises(ValueError, match="inclde_raw"):
        model.with_structured_output(Joke, inclde_raw=True)
    model.with_structured_output(Joke, method="function_calling", strict=True)
