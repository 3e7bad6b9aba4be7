"""What a tool hands back: a `ToolMessage` for a tool call, else the value itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ferrule.messages.tool import ToolMessage, ToolOutputMixin

if TYPE_CHECKING:
    from typing import Literal

_BLOCK_TYPES = frozenset(
    {
        "custom_tool_call_output",
        "document",
        "file",
        "image",
        "image_url",
        "json",
        "search_result",
        "text",
    }
)


def as_output(
    content: Any,
    artifact: Any,
    *,
    tool_name: str,
    tool_call_id: str | None,
    status: Literal["success", "error"],
) -> Any:
    """Wrap what a tool returned in the answer to the tool call, if it answers one.

    A `ToolMessage` (or another `ToolOutputMixin`, or a list of them) is handed on as it is.
    """
    if tool_call_id is None or _is_finished(content):
        return content
    return ToolMessage(
        _message_content(content),
        artifact=artifact,
        tool_call_id=tool_call_id,
        name=tool_name,
        status=status,
    )


def content_and_artifact(response: Any) -> tuple[Any, Any]:
    """Split what a tool with `response_format="content_and_artifact"` returned.

    Raises:
        ValueError: If it is not a pair.
    """
    if isinstance(response, tuple) and len(response) == 2:  # noqa: PLR2004  a pair
        return response
    msg = (
        'A tool with response_format="content_and_artifact" returns a pair, the content of the '
        f"message and the artifact; it returned {response!r}."
    )
    raise ValueError(msg)


def _is_finished(content: Any) -> bool:
    if isinstance(content, list):
        return bool(content) and all(isinstance(item, ToolOutputMixin) for item in content)
    return isinstance(content, ToolOutputMixin)


def _message_content(value: Any) -> str | list[str | dict[str, Any]]:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(_is_block(item) for item in value):
        return list(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def _is_block(item: Any) -> bool:
    return isinstance(item, str) or (isinstance(item, dict) and item.get("type") in _BLOCK_TYPES)
