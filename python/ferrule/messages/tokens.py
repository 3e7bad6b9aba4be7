"""How many tokens a conversation has, without asking a model."""

from __future__ import annotations

import json
import math
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

from ferrule.messages.ai import AIMessage
from ferrule.messages.convert import convert_to_messages
from ferrule.messages.openai_format import openai_role
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ferrule.messages.base import BaseMessage
    from ferrule.messages.convert import MessageLikeRepresentation
    from ferrule.tools import BaseTool

__all__ = ["count_tokens_approximately"]

_IMAGES = frozenset({"image", "image_url"})
_MOST_CORRECTION = 1.25


def count_tokens_approximately(
    messages: Iterable[MessageLikeRepresentation],
    *,
    chars_per_token: float = 4.0,
    extra_tokens_per_message: float = 3.0,
    count_name: bool = True,
    tokens_per_image: int = 85,
    use_usage_metadata_scaling: bool = False,
    tools: list[BaseTool | dict[str, Any]] | None = None,
) -> int:
    """Estimate the number of tokens from the length of the text; fast, and good for trimming.

    Args:
        messages: The conversation.
        chars_per_token: Characters that make one token.
        extra_tokens_per_message: Tokens that each message takes besides its text.
        count_name: Whether the names of speakers are sent to the model.
        tokens_per_image: Tokens of one image, whatever its size.
        use_usage_metadata_scaling: Whether to correct the estimate upwards, by at most a quarter,
            with the count that the provider told for the latest answer. Needs all answers to come
            from one provider.
        tools: Tools whose descriptions are sent along.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> count_tokens_approximately([HumanMessage("How many tokens are these?")])
        11
    """
    converted = convert_to_messages(messages)
    count = 0.0
    if tools:
        described = sum(len(json.dumps(_description(tool))) for tool in tools)
        count += math.ceil(described / chars_per_token)
    told: list[tuple[int, float]] = []
    for message in converted:
        characters, images = _size(message)
        if count_name and message.name:
            characters += len(message.name)
        count += math.ceil(characters / chars_per_token)
        count += images * tokens_per_image + extra_tokens_per_message
        if isinstance(message, AIMessage) and message.usage_metadata:
            told.append((message.usage_metadata["total_tokens"], count))
    if use_usage_metadata_scaling and told and len(converted) > 1 and _has_one_provider(converted):
        actual, estimated = told[-1]
        count *= min(_MOST_CORRECTION, max(1.0, actual / estimated))
    return math.ceil(count)


def _size(message: BaseMessage) -> tuple[int, int]:
    """Return the number of characters and of images of a message."""
    content = message.content
    characters, images = len(openai_role(message)), 0
    if isinstance(content, str):
        characters += len(content)
        if isinstance(message, AIMessage) and message.tool_calls:
            # A content of blocks repeats the calls.
            characters += len(repr(message.tool_calls))
    else:
        for block in content:
            kind = block.get("type") if isinstance(block, dict) else None
            if kind in _IMAGES:
                images += 1
            elif isinstance(block, str):
                characters += len(block)
            else:
                characters += len(block.get("text", "") if kind == "text" else repr(block))
    if isinstance(message, ToolMessage):
        characters += len(message.tool_call_id)
    return characters, images


def _has_one_provider(messages: Sequence[BaseMessage]) -> bool:
    answers = (message for message in messages if isinstance(message, AIMessage))
    providers = [answer.response_metadata.get("model_provider") for answer in answers]
    # Answers that were written by hand may precede those of the provider.
    told = list(dropwhile(lambda provider: provider is None, providers))
    return bool(told) and all(provider == told[0] for provider in told)


def _description(tool: BaseTool | dict[str, Any]) -> dict[str, Any]:
    if isinstance(tool, dict):
        return tool
    schema = tool.tool_call_schema
    parameters = dict(schema) if isinstance(schema, dict) else schema.model_json_schema()
    for key in ("title", "description"):
        parameters.pop(key, None)
    return {"name": tool.name, "description": tool.description, "parameters": parameters}
