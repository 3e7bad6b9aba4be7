"""Results of functions, in the form that preceded tools."""

from __future__ import annotations

from typing import ClassVar, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

__all__ = ["FunctionMessage", "FunctionMessageChunk"]


class FunctionMessage(BaseMessage):
    """What a function returned. `ToolMessage` does the same and knows which call it answers."""

    name: str  # type: ignore[assignment]
    """The function's name."""
    type: Literal["function"] = "function"


class FunctionMessageChunk(FunctionMessage, BaseMessageChunk):
    """A piece of a function's result; only pieces of one function add up."""

    type: Literal["FunctionMessageChunk"] = "FunctionMessageChunk"  # type: ignore[assignment]
    _joins_by: ClassVar[str] = "name"
