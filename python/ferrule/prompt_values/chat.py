"""Filled prompts that are messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from typing_extensions import override

from ferrule._lazy import later
from ferrule.load.late_type import SerializesAsItself
from ferrule.messages.base import BaseMessage
from ferrule.prompt_values.base import PromptValue

__all__ = ["ChatPromptValue"]

# It knows all kinds of messages, of which few are met; chat models read no text.
_later = later(__name__, {"ferrule.messages": "get_buffer_string"})


class ChatPromptValue(PromptValue):
    """A prompt that is a list of messages.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> print(ChatPromptValue(messages=[HumanMessage("What is 1 + 2?")]))
        messages=[HumanMessage(content='What is 1 + 2?')]
    """

    messages: Sequence[Annotated[BaseMessage, SerializesAsItself()]]
    """The messages, first to last."""

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "chat"]

    @override
    def to_string(self) -> str:
        text: str = _later("get_buffer_string")(self.messages)
        return text

    @override
    def to_messages(self) -> list[BaseMessage]:
        return list(self.messages)
