"""`PromptValue`: what all filled prompts can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from ferrule.load.serializable import Serializable

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["PromptValue"]


class PromptValue(Serializable, ABC):
    """A prompt that any model can read: as text or as messages."""

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "prompt"]

    @abstractmethod
    def to_string(self) -> str:
        """Return the prompt as text."""

    @abstractmethod
    def to_messages(self) -> list[BaseMessage]:
        """Return the prompt as messages, in a list of its own."""
