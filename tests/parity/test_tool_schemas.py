"""Schemas of tools: equal to langchain-core's for many signatures."""

from __future__ import annotations

import warnings

import pytest

import ferrule.function_calling as ours
from ferrule.tools import tool
from tests.parity import tool_signatures as signatures

their_tools = pytest.importorskip("langchain_core.tools")
theirs = pytest.importorskip("langchain_core.utils.function_calling")


@pytest.fixture(autouse=True)
def quiet():
    """Their models warn of field names that ours accept in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def said_by(make_tool, function, **options):
    made = make_tool(function, **options)
    return {
        "name": made.name,
        "description": made.description,
        "args": made.args,
        "single": made.is_single_input,
        "all": made.args_schema.model_json_schema(),
        "chosen": made.tool_call_schema.model_json_schema(),
    }


def name_of(function):
    return function.__name__


@pytest.mark.parametrize("function", signatures.PLAIN, ids=name_of)
def test_tools_of_functions(function):
    """A tool made of a function tells the same schemas."""
    assert said_by(tool, function) == said_by(their_tools.tool, function)


@pytest.mark.parametrize("function", signatures.GOOGLE, ids=name_of)
def test_tools_with_parsed_docstrings(function):
    """So does one whose docstring is parsed."""
    options = {"parse_docstring": True}
    assert said_by(tool, function, **options) == said_by(their_tools.tool, function, **options)


@pytest.mark.parametrize("strict", [None, True, False])
@pytest.mark.parametrize("convert", ["convert_to_openai_tool", "convert_to_json_schema"])
@pytest.mark.parametrize(
    "described",
    [*signatures.PLAIN, signatures.no_docstring, signatures.Point, signatures.Path],
    ids=name_of,
)
def test_descriptions_for_models(described, convert, strict):
    """Functions and pydantic models are described alike, strict or not."""
    want = getattr(theirs, convert)(described, strict=strict)
    assert getattr(ours, convert)(described, strict=strict) == want


@pytest.mark.parametrize("strict", [None, True, False])
@pytest.mark.parametrize("function", signatures.PLAIN, ids=name_of)
def test_descriptions_of_tools(function, strict):
    """Tools are described alike."""
    want = theirs.convert_to_openai_tool(their_tools.tool(function), strict=strict)
    assert ours.convert_to_openai_tool(tool(function), strict=strict) == want


GIVEN = [
    {"name": "f", "description": "d", "parameters": {"type": "object"}, "other": 1},
    {"name": "f", "input_schema": {"type": "object", "properties": {}}, "description": "d"},
    {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}},
    {"title": "f", "description": "d", "type": "object", "properties": {"x": {"title": "X"}}},
    {"title": "f"},
    {"type": "function", "function": {"name": "f"}},
    {"type": "web_search_preview_2025_03_11"},
    {"type": "image_generation", "quality": "low"},
]


@pytest.mark.parametrize("given", GIVEN)
def test_given_descriptions(given):
    """Dicts in the form of a provider or of a JSON schema are converted alike."""
    want = theirs.convert_to_openai_tool(given)
    assert ours.convert_to_openai_tool(given) == want
