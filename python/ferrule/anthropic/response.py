"""A whole answer of the Messages API as a `ChatResult`, and what streams share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.hosted import to_plain
from ferrule.messages import AIMessage
from ferrule.outputs import ChatGeneration, ChatResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic.types import Message
    from anthropic.types.beta import BetaMessage

    from ferrule.anthropic.blocks import Block
    from ferrule.messages import InputTokenDetails, ToolCall, UsageMetadata

__all__ = ["to_chat_result", "to_usage_metadata"]

_METADATA = ("id", "model", "stop_reason", "stop_sequence")
# Present only on answers that were refused, or ran code in a container.
_RARE_METADATA = ("stop_details", "container")
_CACHE_COUNTS = {
    "cache_creation": "cache_creation_input_tokens",
    "cache_read": "cache_read_input_tokens",
}


def to_chat_result(reply: Message | BetaMessage) -> ChatResult:
    """Convert an answer.

    `llm_output` and the message's `response_metadata` are the same facts: id, model, stop reason,
    stop sequence and usage, as the service reported them.
    """
    answer = to_plain(reply)
    metadata = {name: answer.get(name) for name in _METADATA}
    metadata["usage"] = answer["usage"]
    metadata.update({name: answer[name] for name in _RARE_METADATA if name in answer})
    blocks: list[Block] = answer["content"]
    message = AIMessage(
        content=_content(blocks),
        tool_calls=[_tool_call(block) for block in blocks if block["type"] == "tool_use"],
        usage_metadata=to_usage_metadata(answer["usage"]),
        response_metadata=dict(metadata),
    )
    return ChatResult(generations=[ChatGeneration(message=message)], llm_output=metadata)


def to_usage_metadata(usage: Mapping[str, Any]) -> UsageMetadata:
    """Convert token counts; input tokens include the ones written to or read from the cache."""
    details: InputTokenDetails = {}
    cached = 0
    for name, field in _CACHE_COUNTS.items():
        if field in usage:
            details[name] = usage[field]  # type: ignore[literal-required]  # the names above
            cached += usage[field]
    given = usage.get("input_tokens", 0) + cached
    made = usage.get("output_tokens", 0)
    counts: UsageMetadata = {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": given + made,
    }
    if details:
        counts["input_token_details"] = details
    reasoning = usage.get("output_tokens_details", {}).get("thinking_tokens")
    if reasoning is not None:
        counts["output_token_details"] = {"reasoning": reasoning}
    return counts


def _content(blocks: list[Block]) -> str | list[str | Block]:
    if not blocks:
        return ""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        text: str = blocks[0]["text"]
        return text
    return list(blocks)


def _tool_call(block: Block) -> ToolCall:
    return {"type": "tool_call", "id": block["id"], "name": block["name"], "args": block["input"]}
