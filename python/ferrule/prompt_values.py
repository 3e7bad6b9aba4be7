"""Prompts that are filled in: what a prompt hands to a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic import SerializeAsAny
from typing_extensions import TypedDict, override

from ferrule.load.serializable import Serializable
from ferrule.messages.base import BaseMessage
from ferrule.messages.buffer import get_buffer_string
from ferrule.messages.convert import AnyMessage
from ferrule.messages.human import HumanMessage

__all__ = [
    "ChatPromptValue",
    "ChatPromptValueConcrete",
    "ImagePromptValue",
    "ImageURL",
    "PromptValue",
    "StringPromptValue",
]


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


class ChatPromptValue(PromptValue):
    """A prompt that is a list of messages.

    Example:
        >>> print(ChatPromptValue(messages=[HumanMessage("What is 1 + 2?")]))
        messages=[HumanMessage(content='What is 1 + 2?')]
    """

    messages: Sequence[SerializeAsAny[BaseMessage]]
    """The messages, first to last."""

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "chat"]

    @override
    def to_string(self) -> str:
        return get_buffer_string(self.messages)

    @override
    def to_messages(self) -> list[BaseMessage]:
        return list(self.messages)


class ImageURL(TypedDict, total=False):
    """Where an image is, and how closely the model shall look at it."""

    detail: Literal["auto", "low", "high"]
    url: str
    """A link, or the encoded image as a `data:` link."""


class ImagePromptValue(PromptValue):
    """A prompt that is an image."""

    image_url: ImageURL
    """The image."""
    type: Literal["ImagePromptValue"] = "ImagePromptValue"

    @override
    def to_string(self) -> str:
        return self.image_url.get("url", "")

    @override
    def to_messages(self) -> list[BaseMessage]:
        return [HumanMessage([cast("dict[Any, Any]", self.image_url)])]


class ChatPromptValueConcrete(ChatPromptValue):
    """A `ChatPromptValue` whose schema tells the kinds of messages apart."""

    messages: Sequence[AnyMessage]  # pyright: ignore[reportIncompatibleVariableOverride]
    """The messages, first to last."""
    type: Literal["ChatPromptValueConcrete"] = "ChatPromptValueConcrete"
