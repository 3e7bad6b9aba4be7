"""`BaseChatPromptTemplate`: templates whose result is a list of messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule.prompt_values import ChatPromptValue
from ferrule.prompts.base import BasePromptTemplate
from ferrule.prompts.display import Displayed
from ferrule.prompts.twins import keep_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.messages import BaseMessage

__all__ = ["BaseChatPromptTemplate"]

# Asking a pydantic class for an attribute takes as long as building half a value.
_prompt_value = ChatPromptValue._trusted


class BaseChatPromptTemplate(Displayed, BasePromptTemplate[str], ABC):
    """Base of templates for messages; a subclass defines `format_messages`."""

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        return {"input_variables": self.input_variables}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_twins(cls, {"format_messages": "_messages", "format_prompt": "_prompt_value"})

    @abstractmethod
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill the template and return the messages."""

    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill the template and return the messages; by default as `format_messages` does."""
        return self.format_messages(**kwargs)

    @override
    def format_prompt(self, **kwargs: Any) -> ChatPromptValue:
        return BaseChatPromptTemplate._prompt_value(self, kwargs)

    @override
    def _prompt_value(self, values: Mapping[str, Any]) -> ChatPromptValue:
        return _prompt_value(messages=self._messages(values))

    def _messages(self, values: Mapping[str, Any]) -> list[BaseMessage]:
        return self.format_messages(**values)

    @override
    async def aformat_prompt(self, **kwargs: Any) -> ChatPromptValue:
        return _prompt_value(messages=await self.aformat_messages(**kwargs))

    @override
    def format(self, **kwargs: Any) -> str:
        """Fill the template and return the messages as one text."""
        return self.format_prompt(**kwargs).to_string()

    @override
    async def aformat(self, **kwargs: Any) -> str:
        return (await self.aformat_prompt(**kwargs)).to_string()
