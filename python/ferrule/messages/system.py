"""Messages that instruct the model."""

from __future__ import annotations

from typing import Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

__all__ = ["SystemMessage", "SystemMessageChunk"]


class SystemMessage(BaseMessage):
    """How the model shall behave; usually the first message.

    Example:
        >>> SystemMessage("Answer in one word.")
        SystemMessage(content='Answer in one word.')
    """

    type: Literal["system"] = "system"


class SystemMessageChunk(SystemMessage, BaseMessageChunk):
    """A piece of an instruction."""

    type: Literal["SystemMessageChunk"] = "SystemMessageChunk"  # type: ignore[assignment]
