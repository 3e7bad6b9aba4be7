"""Messages of a speaker with a role of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

if TYPE_CHECKING:
    from ferrule.messages.content import ContentBlock

__all__ = ["ChatMessage", "ChatMessageChunk"]


class ChatMessage(BaseMessage):
    """What a speaker of any role says.

    Example:
        >>> ChatMessage("Order!", role="chair")
        ChatMessage(content='Order!', role='chair')
    """

    role: str
    """The speaker's role, as the provider knows it."""
    type: Literal["chat"] = "chat"  # pyright: ignore[reportIncompatibleVariableOverride]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...


class ChatMessageChunk(ChatMessage, BaseMessageChunk):
    """A piece of what a speaker says; only pieces of one role add up."""

    type: Literal["ChatMessageChunk"] = "ChatMessageChunk"  # type: ignore[assignment]
    _joins_by: ClassVar[str] = "role"

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...
