"""Messages of a speaker with a role of its own."""

from __future__ import annotations

from typing import ClassVar, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

__all__ = ["ChatMessage", "ChatMessageChunk"]


class ChatMessage(BaseMessage):
    """What a speaker of any role says.

    Example:
        >>> ChatMessage("Order!", role="chair")
        ChatMessage(content='Order!', role='chair')
    """

    role: str
    """The speaker's role, as the provider knows it."""
    type: Literal["chat"] = "chat"


class ChatMessageChunk(ChatMessage, BaseMessageChunk):
    """A piece of what a speaker says; only pieces of one role add up."""

    type: Literal["ChatMessageChunk"] = "ChatMessageChunk"  # type: ignore[assignment]
    _joins_by: ClassVar[str] = "role"
