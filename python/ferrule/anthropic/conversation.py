"""A list of messages as the Messages API takes it: the system prompt and alternating turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ferrule.anthropic.blocks import Block, to_wire_all
from ferrule.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ferrule.messages import BaseMessage

__all__ = ["Conversation", "to_conversation"]

Turn: TypeAlias = dict[str, Any]

_SYSTEM_SEPARATOR = "\n\n"


class Conversation(NamedTuple):
    """What `messages.create` takes in place of messages."""

    system: str | list[Block] | None
    turns: list[Turn]


def to_conversation(messages: Sequence[BaseMessage]) -> Conversation:
    """Convert messages: system messages first, results of tools as part of the user's turn.

    Consecutive messages of one role become one turn. The leading system messages are joined:
    texts by an empty line, blocks as they are. Trailing white space of a final AI message, which
    the API refuses to continue from, is cut.

    Raises:
        ValueError: If a system message follows another message, or a message or block is of a
            kind that the API doesn't know.
    """
    lead = 0
    while lead < len(messages) and isinstance(messages[lead], SystemMessage):
        lead += 1
    turns: list[Turn] = []
    for position, message in enumerate(messages[lead:], lead):
        role, blocks = _role(message, position), _blocks(message)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(blocks)
        else:
            turns.append({"role": role, "content": blocks})
    if turns and turns[-1]["role"] == "assistant":
        _trim_end(turns[-1]["content"])
    return Conversation(_system(messages[:lead]), [_shortened(turn) for turn in turns])


def _system(messages: Sequence[BaseMessage]) -> str | list[Block] | None:
    texts = [m.content for m in messages if isinstance(m.content, str)]
    if len(texts) == len(messages):
        return _SYSTEM_SEPARATOR.join(filter(None, texts)) or None
    return [block for message in messages for block in to_wire_all(message.content)] or None


def _role(message: BaseMessage, position: int) -> str:
    if isinstance(message, (HumanMessage, ToolMessage)):
        return "user"
    if isinstance(message, AIMessage):
        return "assistant"
    if isinstance(message, ChatMessage) and message.role in {"user", "assistant"}:
        return message.role
    if isinstance(message, SystemMessage):
        msg = (
            f"Message {position} is a system message, but the Messages API has one system prompt, "
            "which comes first. Move it to the front of the messages."
        )
        raise ValueError(msg)  # noqa: TRY004  its place is wrong, not its type
    if isinstance(message, ChatMessage):
        msg = (
            f"Message {position} has the role {message.role!r}, which the Messages API doesn't "
            "know. Pass a ChatMessage with the role 'user' or 'assistant'."
        )
        raise ValueError(msg)  # noqa: TRY004  its role is wrong, not its type
    msg = (
        f"Message {position} is of type {message.type!r}, which the Messages API doesn't know. "
        "Pass system, human, AI and tool messages."
    )
    raise ValueError(msg)


def _blocks(message: BaseMessage) -> list[Block]:
    if isinstance(message, ToolMessage):
        return _tool_results(message)
    if isinstance(message, AIMessage):
        return _answer(message)
    return to_wire_all(message.content)


def _tool_results(message: ToolMessage) -> list[Block]:
    content = message.content
    if isinstance(content, list) and any(_is_result(part) for part in content):
        return to_wire_all(content)
    block: Block = {"type": "tool_result", "tool_use_id": message.tool_call_id}
    if content:
        block["content"] = content if isinstance(content, str) else to_wire_all(content)
    if message.status == "error":
        block["is_error"] = True
    return [block]


def _is_result(part: str | dict[Any, Any]) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_result"


def _answer(message: AIMessage) -> list[Block]:
    """Convert an AI message: its content, then the calls of tools that the content leaves out.

    The arguments of a call come from `tool_calls`, which is what users edit.
    """
    calls = {call["id"]: call for call in message.tool_calls}
    blocks = []
    for block in to_wire_all(message.content):
        if block["type"] == "input_json_delta":
            continue
        call = calls.pop(block.get("id"), None) if block["type"] == "tool_use" else None
        blocks.append(block if call is None else {**block, **_call(call)})
    blocks.extend({"type": "tool_use", **_call(call)} for call in calls.values())
    return blocks


def _call(call: Any) -> Block:
    return {"id": call["id"], "name": call["name"], "input": call["args"]}


def _trim_end(blocks: list[Block]) -> None:
    last = blocks[-1]
    if last["type"] != "text":
        return
    text = last["text"].rstrip()
    if text:
        blocks[-1] = {**last, "text": text}
    elif len(blocks) > 1:
        blocks.pop()


def _shortened(turn: Turn) -> Turn:
    """Write a turn of one plain text as a string, the short form of the API."""
    blocks = turn["content"]
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return {**turn, "content": blocks[0]["text"]}
    return turn
