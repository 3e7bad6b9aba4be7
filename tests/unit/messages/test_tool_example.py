"""Examples of tool use as conversations."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from ferrule.utils.function_calling import tool_example_to_messages


class City(BaseModel):
    name: str


def test_conversation():
    """The human asks, the model calls, each call is answered, the model may say more."""
    human, calling, first, second, last = tool_example_to_messages(
        "Paris and Rome.", [City(name="Paris"), City(name="Rome")], ["a", "b"], ai_response="Done."
    )
    assert (human.content, last.content) == ("Paris and Rome.", "Done.")
    assert [call["args"] for call in calling.tool_calls] == [{"name": "Paris"}, {"name": "Rome"}]
    assert [call["name"] for call in calling.tool_calls] == ["City", "City"]
    assert [(m.content, m.tool_call_id) for m in (first, second)] == [
        (text, call["id"]) for text, call in zip("ab", calling.tool_calls, strict=True)
    ]


def test_default_answers():
    """Without outputs every call is answered; outputs must match the calls."""
    told = tool_example_to_messages("Rome.", [City(name="Rome")])
    assert [message.type for message in told] == ["human", "ai", "tool"]
    with pytest.raises(ValueError, match="1 tool calls, but 2"):
        tool_example_to_messages("Rome.", [City(name="Rome")], ["a", "b"])
