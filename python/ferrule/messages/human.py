"""Messages of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

if TYPE_CHECKING:
    from ferrule.messages.content import ContentBlock

__all__ = ["HumanMessage", "HumanMessageChunk"]


class HumanMessage(BaseMessage):
    """What the user says.

    Example:
        >>> HumanMessage("What is 1 + 2?")
        HumanMessage(content='What is 1 + 2?')
    """

    type: Literal["human"] = "human"  # pyright: ignore[reportIncompatibleVariableOverride]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...


class HumanMessageChunk(HumanMessage, BaseMessageChunk):
    """A piece of what the user says."""

    type: Literal["HumanMessageChunk"] = "HumanMessageChunk"  # type: ignore[assignment]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...
