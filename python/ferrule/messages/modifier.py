"""Messages that change a stored conversation."""

from __future__ import annotations

from typing import Any, Literal

from ferrule.messages.base import BaseMessage

__all__ = ["RemoveMessage"]


class RemoveMessage(BaseMessage):
    """An order to delete the message with this id from a stored conversation.

    Raises:
        ValueError: If a content is given: there is nothing to say.

    Example:
        >>> RemoveMessage("m1")
        RemoveMessage(content='', id='m1')
    """

    type: Literal["remove"] = "remove"  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, id: str, **kwargs: Any) -> None:
        if content := kwargs.pop("content", None):
            msg = f"A RemoveMessage only names a message by its id; drop content={content!r}."
            raise ValueError(msg)
        super().__init__("", id=id, **kwargs)
