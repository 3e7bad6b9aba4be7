"""Examples of extracting data by tools, as conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from ferrule.messages.ai import AIMessage
from ferrule.messages.human import HumanMessage
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from ferrule.messages.base import BaseMessage

__all__ = ["tool_example_to_messages"]


def tool_example_to_messages(
    input: str,
    tool_calls: Sequence[BaseModel],
    tool_outputs: Sequence[str] | None = None,
    *,
    ai_response: str | None = None,
) -> list[BaseMessage]:
    """Write an example of tool use as a conversation, to be shown to a model in a prompt.

    Args:
        input: What the human says.
        tool_calls: The calls that the model makes: each the tool's model class, filled in.
        tool_outputs: What the tools answer, one text per call; by default that it was right.
        ai_response: What the model says in the end; by default nothing.

    Raises:
        ValueError: If there are more or fewer outputs than calls.

    Example:
        >>> from pydantic import BaseModel
        >>> class Person(BaseModel):
        ...     name: str
        >>> told = tool_example_to_messages("Ada was there.", [Person(name="Ada")])
        >>> [message.type for message in told], told[1].tool_calls[0]["args"]
        (['human', 'ai', 'tool'], {'name': 'Ada'})
    """
    outputs = tool_outputs or ["The tool was called correctly."] * len(tool_calls)
    if len(outputs) != len(tool_calls):
        msg = f"There are {len(tool_calls)} tool calls, but {len(outputs)} tool outputs."
        raise ValueError(msg)
    # In the form of the provider, which the message reads its `tool_calls` from.
    calls = [
        {
            "id": str(uuid4()),
            "type": "function",
            "function": {"name": type(call).__name__, "arguments": call.model_dump_json()},
        }
        for call in tool_calls
    ]
    answers = [
        ToolMessage(output, tool_call_id=str(call["id"]))
        for call, output in zip(calls, outputs, strict=True)
    ]
    said = [AIMessage(ai_response)] if ai_response else []
    asked = AIMessage("", additional_kwargs={"tool_calls": calls})
    return [HumanMessage(input), asked, *answers, *said]
