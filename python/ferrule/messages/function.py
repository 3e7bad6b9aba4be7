"""Results of functions, in the form that preceded tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

if TYPE_CHECKING:
    from ferrule.messages.content import ContentBlock

__all__ = ["FunctionMessage", "FunctionMessageChunk"]


class FunctionMessage(BaseMessage):
    """What a function returned. `ToolMessage` does the same and knows which call it answers."""

    name: str  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    """The function's name."""
    type: Literal["function"] = "function"  # pyright: ignore[reportIncompatibleVariableOverride]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...


class FunctionMessageChunk(  # pyright: ignore[reportIncompatibleVariableOverride]
    FunctionMessage, BaseMessageChunk
):
    """A piece of a function's result; only pieces of one function add up."""

    type: Literal["FunctionMessageChunk"] = "FunctionMessageChunk"  # type: ignore[assignment]
    _joins_by: ClassVar[str] = "name"

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...
