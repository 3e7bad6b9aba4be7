"""Which of the tools the model is to use."""

from __future__ import annotations

import pytest

from ferrule.anthropic.tool_choice import to_tool_choice

TOOLS = [{"name": "add", "input_schema": {"type": "object"}}]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        (False, None),
        ("auto", {"type": "auto"}),
        ("any", {"type": "any"}),
        ("required", {"type": "any"}),
        (True, {"type": "any"}),
        ("none", {"type": "none"}),
        ("add", {"type": "tool", "name": "add"}),
        ({"type": "tool", "name": "add"}, {"type": "tool", "name": "add"}),
        ({"type": "function", "function": {"name": "add"}}, {"type": "tool", "name": "add"}),
    ],
)
def test_choices(choice, expected):
    """Words, names, booleans and dictionaries say which tool to use."""
    assert to_tool_choice(choice, TOOLS, parallel=None) == expected


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("any", False, {"type": "any", "disable_parallel_tool_use": True}),
        ("add", True, {"type": "tool", "name": "add", "disable_parallel_tool_use": False}),
        ("none", False, {"type": "none"}),
    ],
)
def test_parallel_calls(choice, parallel, expected):
    """Parallel calls are switched within the choice, where there is something to switch."""
    assert to_tool_choice(choice, TOOLS, parallel=parallel) == expected


def test_choice_of_an_unknown_tool():
    """A name that no tool has is an error that lists the tools."""
    with pytest.raises(ValueError, match=r"'subtract' is none of the tools \['add'\]"):
        to_tool_choice("subtract", TOOLS, parallel=None)
