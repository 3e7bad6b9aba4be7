"""`BaseMessagePromptTemplate`: a part of a chat prompt that becomes one or more messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule._lazy import later
from ferrule.load.serializable import Serializable
from ferrule.prompts.display import Displayed
from ferrule.prompts.twins import keep_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.messages import BaseMessage
    from ferrule.prompts.chat import ChatPromptTemplate

__all__ = ["BaseMessagePromptTemplate"]

# Chat templates are made of message templates, and a message template becomes one by `+`.
_later = later(__name__, {"ferrule.prompts.chat": "ChatPromptTemplate"})


class BaseMessagePromptTemplate(Displayed, Serializable, ABC):
    """Base of the templates for messages; a subclass defines `format_messages`.

    `template + other` makes a `ChatPromptTemplate`; `other` is anything that can be one of its
    messages.
    """

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "chat"]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_twins(cls, {"format_messages": "_messages"}, watched=("format",))

    @property
    @abstractmethod
    def input_variables(self) -> list[str]:
        """Names of the variables that a caller must give."""

    @abstractmethod
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill the template and return its messages."""

    def _messages(self, values: Mapping[str, Any]) -> list[BaseMessage]:
        return self.format_messages(**values)

    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill the template and return its messages; by default as `format_messages` does."""
        return self.format_messages(**kwargs)

    def __add__(self, other: Any) -> ChatPromptTemplate:
        prompt: ChatPromptTemplate = _later("ChatPromptTemplate")([self])
        joined: ChatPromptTemplate = prompt + other
        return joined
