"""Filled prompts that are text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from ferrule.messages.human import HumanMessage
from ferrule.prompt_values.base import PromptValue

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["StringPromptValue"]


class StringPromptValue(PromptValue):
    """A prompt that is text.

    Example:
        >>> StringPromptValue(text="What is 1 + 2?").to_messages()
        [HumanMessage(content='What is 1 + 2?')]
    """

    text: str
    """The prompt."""
    type: Literal["StringPromptValue"] = "StringPromptValue"

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "base"]

    @override
    def to_string(self) -> str:
        return self.text

    @override
    def to_messages(self) -> list[BaseMessage]:
        return [HumanMessage._trusted(content=self.text)]
