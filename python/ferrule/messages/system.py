"""Messages that instruct the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ferrule.messages.base import BaseMessage, BaseMessageChunk

if TYPE_CHECKING:
    from ferrule.messages.content import ContentBlock

__all__ = ["SystemMessage", "SystemMessageChunk"]


class SystemMessage(BaseMessage):
    """How the model shall behave; usually the first message.

    Example:
        >>> SystemMessage("Answer in one word.")
        SystemMessage(content='Answer in one word.')
    """

    type: Literal["system"] = "system"  # pyright: ignore[reportIncompatibleVariableOverride]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...


class SystemMessageChunk(SystemMessage, BaseMessageChunk):
    """A piece of an instruction."""

    type: Literal["SystemMessageChunk"] = "SystemMessageChunk"  # type: ignore[assignment]

    if TYPE_CHECKING:
        # Type checkers make up a constructor for each model; this is the inherited one.
        def __init__(
            self,
            content: str | list[str | dict[Any, Any]] | None = None,
            content_blocks: list[ContentBlock] | None = None,
            **kwargs: Any,
        ) -> None: ...
