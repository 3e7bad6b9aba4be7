"""Conversations that outlive one call."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, SerializeAsAny
from typing_extensions import override

from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.messages.ai import AIMessage
from ferrule.messages.base import BaseMessage
from ferrule.messages.buffer import get_buffer_string
from ferrule.messages.human import HumanMessage
from ferrule.messages.listed import check_listed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BaseChatMessageHistory", "InMemoryChatMessageHistory"]


class BaseChatMessageHistory(Guised, Recognising, ABC):
    """A stored conversation.

    A store implements `messages`, `clear`, and one of `add_messages` and `add_message`; the
    former saves round trips. The asynchronous methods call the others in a thread until a store
    overrides them.
    """

    messages: list[BaseMessage]
    """The conversation, oldest message first; reading it may take a round trip to the store."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Cooperative on purpose: stores combine this class with models.
        super().__init__(*args, **kwargs)

    async def aget_messages(self) -> list[BaseMessage]:
        """Return the conversation, oldest message first."""
        return await asyncio.to_thread(lambda: self.messages)

    def add_user_message(self, message: HumanMessage | str) -> None:
        """Store what the user says: a message, or its content."""
        self.add_message(message if isinstance(message, HumanMessage) else HumanMessage(message))

    def add_ai_message(self, message: AIMessage | str) -> None:
        """Store what the model answers: a message, or its content."""
        self.add_message(message if isinstance(message, AIMessage) else AIMessage(message))

    def add_message(self, message: BaseMessage) -> None:
        """Store one message.

        Raises:
            NotImplementedError: If the store implements neither this nor `add_messages`.
        """
        if type(self).add_messages is BaseChatMessageHistory.add_messages:
            msg = f"{type(self).__name__} must implement add_messages() or add_message()."
            raise NotImplementedError(msg)
        self.add_messages([message])

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Store several messages, in order.

        Raises:
            TypeError: It is no list of messages.
        """
        check_listed(messages, "messages")
        for message in messages:
            self.add_message(message)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Store several messages, in order."""
        await asyncio.to_thread(self.add_messages, messages)

    @abstractmethod
    def clear(self) -> None:
        """Forget all messages."""

    async def aclear(self) -> None:
        """Forget all messages."""
        await asyncio.to_thread(self.clear)

    @override
    def __str__(self) -> str:
        return get_buffer_string(self.messages)


class InMemoryChatMessageHistory(BaseChatMessageHistory, BaseModel):
    """A conversation that lives as long as this object.

    Example:
        >>> history = InMemoryChatMessageHistory()
        >>> history.add_user_message("Hi")
        >>> history.add_ai_message("Hello")
        >>> print(history)
        Human: Hi
        AI: Hello
    """

    messages: list[SerializeAsAny[BaseMessage]] = Field(default_factory=list)
    """The conversation, oldest message first."""

    @override
    async def aget_messages(self) -> list[BaseMessage]:
        return self.messages

    @override
    def add_message(self, message: BaseMessage) -> None:
        given: Any = message
        if not isinstance(given, BaseMessage):
            msg = f"A history stores messages, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        self.messages.append(message)

    @override
    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        self.add_messages(messages)

    @override
    def clear(self) -> None:
        self.messages = []

    @override
    async def aclear(self) -> None:
        self.clear()
