"""Messages of the user."""

from __future__ import annotations

from typing import Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

__all__ = ["HumanMessage", "HumanMessageChunk"]


class HumanMessage(BaseMessage):
    """What the user says.

    Example:
        >>> HumanMessage("What is 1 + 2?")
        HumanMessage(content='What is 1 + 2?')
    """

    type: Literal["human"] = "human"


class HumanMessageChunk(HumanMessage, BaseMessageChunk):
    """A piece of what the user says."""

    type: Literal["HumanMessageChunk"] = "HumanMessageChunk"  # type: ignore[assignment]
