"""A list of messages as Chat Completions takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ferrule.messages import AIMessage, ToolMessage
from ferrule.messages.openai_format import write_for_openai

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ferrule.messages import BaseMessage

__all__ = ["to_conversation"]

Told: TypeAlias = dict[str, Any]

# What an answer's content may hold beside what was said: the thoughts of any provider, which this
# API does not take back, and copies of tool calls, which `tool_calls` tells.
_NOT_SAID = frozenset(
    {
        "input_json_delta",
        "reasoning",
        "reasoning_content",
        "redacted_thinking",
        "thinking",
        "tool_call",
    }
)


def to_conversation(messages: Sequence[BaseMessage]) -> list[Told]:
    """Convert messages; blocks of Anthropic, Bedrock and Google are translated.

    Calls of tools with broken arguments are sent as they came, since the API asks for the result
    of each call to follow the call.

    Raises:
        ValueError: If a message or block is of a kind that the API has no form for.
    """
    return [
        told
        for position, message in enumerate(messages)
        for told in (
            _answer(message, position)
            if isinstance(message, AIMessage)
            else _other(message, position)
        )
    ]


def _answer(message: AIMessage, position: int) -> Iterator[Told]:
    content = message.content
    if isinstance(content, list):
        content = [part for part in content if isinstance(part, str) or _is_said(part)]
    for told in write_for_openai(message.model_copy(update={"content": content}), position):
        calls = [*told.pop("tool_calls", ()), *map(_broken_call, message.invalid_tool_calls)]
        if calls:
            told["tool_calls"] = calls
        if spoken := message.additional_kwargs.get("audio"):
            # The service keeps the sound; it is referred to by its id.
            told["audio"] = {"id": spoken["id"]}
        if not told["content"]:
            told["content"] = None if told.keys() & {"tool_calls", "audio", "refusal"} else ""
        yield told


def _is_said(part: dict[str, Any]) -> bool:
    return part.get("type") not in _NOT_SAID


def _broken_call(call: Any) -> Told:
    function = {"name": call["name"] or "", "arguments": call["args"] or ""}
    return {"type": "function", "id": call["id"], "function": function}


def _other(message: BaseMessage, position: int) -> Iterator[Told]:
    for told in write_for_openai(message, position):
        if isinstance(message, ToolMessage):
            told.pop("name", None)
        told["content"] = told["content"] or ""
        yield told
