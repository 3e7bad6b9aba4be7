"""Results of tools."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import UUID

from pydantic import model_validator
from typing_extensions import override

from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.messages.base import BaseMessage, BaseMessageChunk
from ferrule.messages.merge import merge_obj
from ferrule.messages.tool_calls import (
    InvalidToolCall,
    ToolCall,
    ToolCallChunk,
    default_tool_chunk_parser,
    default_tool_parser,
    invalid_tool_call,
    tool_call,
    tool_call_chunk,
)

if TYPE_CHECKING:
    from ferrule.messages.content import ContentBlock

__all__ = [
    "InvalidToolCall",
    "ToolCall",
    "ToolCallChunk",
    "ToolMessage",
    "ToolMessageChunk",
    "ToolOutputMixin",
    "default_tool_chunk_parser",
    "default_tool_parser",
    "invalid_tool_call",
    "tool_call",
    "tool_call_chunk",
]


class ToolOutputMixin(Guised, Recognising, ABC):
    """Marks objects that a tool may return as they are, instead of as a `ToolMessage`."""


class ToolMessage(BaseMessage, ToolOutputMixin):
    """What a tool returned, as the answer to one call of it.

    A content that is neither text nor a list of texts and blocks is turned into text.

    Example:
        >>> ToolMessage(3, tool_call_id="call_1")
        ToolMessage(content='3', tool_call_id='call_1')
    """

    tool_call_id: str
    """The call that this answers."""
    type: Literal["tool"] = "tool"  # pyright: ignore[reportIncompatibleVariableOverride]
    artifact: Any = None
    """The full result, where the model only gets a part of it as the content."""
    status: Literal["success", "error"] = "success"

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _coerce(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        if "content" in values:
            values["content"] = _as_content(values["content"])
        if isinstance(values.get("tool_call_id"), (UUID, int, float)):
            values["tool_call_id"] = str(values["tool_call_id"])
        return values


class ToolMessageChunk(ToolMessage, BaseMessageChunk):
    """A piece of a tool's result; only pieces for one call add up."""

    type: Literal["ToolMessageChunk"] = "ToolMessageChunk"  # type: ignore[assignment]
    _joins_by: ClassVar[str] = "tool_call_id"

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @override
    def _summed(self, others: Sequence[BaseMessageChunk]) -> dict[str, Any]:
        values = super()._summed(others)
        artifact, failed = self.artifact, self.status == "error"
        for other in others:
            if isinstance(other, ToolMessageChunk):
                artifact = merge_obj(artifact, other.artifact)
                failed = failed or other.status == "error"
        return {**values, "artifact": artifact, "status": "error" if failed else "success"}


def _as_content(content: Any) -> str | list[str | dict[Any, Any]]:
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        return [item if isinstance(item, (str, dict)) else str(item) for item in content]
    return str(content)
