"""Descriptions of what models may call."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import pytest
from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema
from typing_extensions import NotRequired, TypedDict

import ferrule.utils.function_calling as compat
from ferrule import function_calling
from ferrule.function_calling import (
    convert_to_anthropic_tool,
    convert_to_json_schema,
    convert_to_openai_function,
    convert_to_openai_tool,
)
from ferrule.tools import InjectedToolArg, StructuredTool, Tool, tool


class Inner(TypedDict):
    n: int


class Query(TypedDict):
    """Ask something.

    Args:
        text: What to ask.
    """

    text: str
    limit: Annotated[int, 10, "How many"]
    must: Annotated[str, ..., "Needed"]
    inner: list[Inner]
    maybe: NotRequired[Optional[Inner]]  # noqa: UP045  as older code has it


def parameters(described, **options):
    return convert_to_openai_function(described, **options)["parameters"]


def test_typed_dicts():
    """Keys are described by the docstring or by annotations, which may give defaults."""
    schema = parameters(Query)
    assert convert_to_openai_function(Query)["description"] == "Ask something."
    assert schema["required"] == ["text", "must", "inner"]
    assert schema["properties"]["text"] == {"type": "string", "description": "What to ask."}
    assert schema["properties"]["limit"] == {
        "type": "integer",
        "default": 10,
        "description": "How many",
    }
    assert schema["properties"]["inner"]["items"]["properties"] == {"n": {"type": "integer"}}
    assert "maybe" in schema["properties"]
    assert "default" not in schema["properties"]["maybe"]


def test_typed_dict_with_a_wrong_description():
    """A description that is no text is an error that names the key."""

    class Wrong(TypedDict):
        x: Annotated[int, ..., 3]

    with pytest.raises(ValueError, match="key 'x'.*must be text, not 3"):
        convert_to_openai_tool(Wrong)


class Endless(TypedDict):
    inside: list[Endless]


def test_typed_dict_in_itself():
    """A typed dict that contains itself is refused, with what to use instead."""
    with pytest.raises(ValueError, match="Endless contains itself; use a pydantic model"):
        convert_to_openai_tool(Endless)


def test_strict_closes_every_level():
    """Strict schemas require every property and allow no others, also inside; the given is kept."""

    class Part(BaseModel):
        a: int = 0

    class Whole(BaseModel):
        part: Part
        parts: list[Part] = []
        free: dict[str, int] | None = None

    schema = parameters(Whole, strict=True)
    assert schema["required"] == ["part", "parts", "free"]
    assert schema["properties"]["parts"]["items"]["required"] == ["a"]
    assert schema["properties"]["part"]["additionalProperties"] is False
    given = {"name": "f", "parameters": {"type": "object", "properties": {"x": {}}}}
    assert (
        convert_to_openai_function(given, strict=True)["parameters"]["additionalProperties"]
        is False
    )
    assert given["parameters"] == {"type": "object", "properties": {"x": {}}}


def test_contradicting_strict():
    """A description that says something else about `strict` is an error."""
    with pytest.raises(ValueError, match="'f' says strict=True, but strict=False"):
        convert_to_openai_function({"name": "f", "strict": True, "parameters": {}}, strict=False)


def test_references_are_resolved():
    """Definitions are put where they are referred to; a recursive model stays finite."""

    class Tree(BaseModel):
        value: int
        children: list[Tree] = []

    schema = parameters(Tree)
    assert "$defs" not in schema
    assert schema["properties"]["value"] == {"type": "integer"}


def test_injected_arguments_are_left_out():
    """Neither functions nor tools show injected arguments."""

    def function(x: int, secret: Annotated[str, InjectedToolArg]) -> int:
        """Do it."""

    for described in (function, tool(function)):
        assert list(parameters(described)["properties"]) == ["x"]


def test_simple_tool_has_one_unnamed_argument():
    """A tool of one text argument is described with the name that its models use."""
    assert list(parameters(Tool("len", len, "Count."))["properties"]) == ["__arg1"]


def test_custom_tool():
    """A tool whose metadata says so is described as a custom tool."""
    custom = Tool(
        "sql", str, "Query.", metadata={"type": "custom_tool", "format": {"type": "text"}}
    )
    assert convert_to_openai_tool(custom) == {
        "type": "custom",
        "name": "sql",
        "description": "Query.",
        "format": {"type": "text"},
    }
    with pytest.raises(ValueError, match="Only a function"):
        convert_to_json_schema(custom)


def test_anthropic_form():
    """Anthropic gets name, description and input_schema, and the extras that it knows."""

    @tool(extras={"cache_control": {"type": "ephemeral"}, "other": 1})
    def add(x: int) -> int:
        """Add one."""

    assert convert_to_anthropic_tool(add) == {
        "name": "add",
        "description": "Add one.",
        "input_schema": {
            "type": "object",
            "properties": {"x": {"type": "integer"}},
            "required": ["x"],
        },
        "cache_control": {"type": "ephemeral"},
    }
    for given in ({"type": "bash_20250124", "name": "bash"}, {"name": "f", "input_schema": {}}):
        assert convert_to_anthropic_tool(given) is given
    openai = convert_to_openai_tool(add)
    assert convert_to_anthropic_tool(openai)["input_schema"] == openai["function"]["parameters"]
    assert convert_to_anthropic_tool({"name": "f"})["input_schema"]["type"] == "object"


class Opaque:
    pass


def test_arguments_that_no_schema_describes():
    """The error names the tool and what to do."""

    def function(x: Opaque) -> None:
        """Do it."""

    with pytest.raises(PydanticInvalidForJsonSchema, match="function has an argument that no JSON"):
        convert_to_openai_tool(function)


@pytest.mark.parametrize("given", [3, int, {"type": "object"}, {"properties": {}}, {}])
def test_other_things_are_refused(given):
    """What is no function is an error that shows it and names what would be."""
    with pytest.raises(ValueError, match="cannot be described as a function"):
        convert_to_openai_tool(given)


def test_tool_with_a_json_schema():
    """The schema of the tool is used as it is, without its title."""
    schema: dict[str, Any] = {
        "title": "T",
        "type": "object",
        "properties": {"x": {"type": "integer"}},
    }
    made = StructuredTool(name="f", description="d", args_schema=schema, func=print)
    assert convert_to_openai_function(made) == {
        "name": "f",
        "description": "d",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
    }
    assert schema["title"] == "T"


def test_path_of_langchain_core():
    """The names are found under langchain-core's path, too."""
    for name in set(compat.__all__) - {"tool_example_to_messages"}:  # which makes messages
        assert getattr(compat, name) is getattr(function_calling, name)
