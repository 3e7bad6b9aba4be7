"""Which of the tools the model is to use."""

from __future__ import annotations

import pytest

from ferrule.openai.tool_choice import to_tool_choice

TOOLS = [{"type": "function", "function": {"name": "add"}}]
ADD = {"type": "function", "function": {"name": "add"}}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        (False, None),
        (True, "required"),
        ("auto", "auto"),
        ("any", "required"),
        ("required", "required"),
        ("none", "none"),
        ("add", ADD),
        (ADD, ADD),
        ({"type": "tool", "name": "add"}, ADD),
        ({"type": "any"}, "required"),
        (
            {"type": "allowed_tools", "allowed_tools": {}},
            {"type": "allowed_tools", "allowed_tools": {}},
        ),
    ],
)
def test_choices(choice, expected):
    """Words, names, booleans and dictionaries say which tool to use."""
    assert to_tool_choice(choice, TOOLS) == expected


def test_a_tool_may_be_called_like_a_word():
    """The name of a tool comes before the word."""
    tools = [{"type": "function", "function": {"name": "any"}}]
    assert to_tool_choice("any", tools) == {"type": "function", "function": {"name": "any"}}


def test_choice_of_an_unknown_tool():
    """A name that no tool has is an error that lists the tools."""
    with pytest.raises(ValueError, match=r"'subtract' is none of the tools \['add'\]"):
        to_tool_choice("subtract", TOOLS)
