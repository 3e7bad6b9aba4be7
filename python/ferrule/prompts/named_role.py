"""Templates of messages whose content is one text: `ChatMessagePromptTemplate`, for any role."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, override

from ferrule.messages.chat import ChatMessage
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.roles import OneMessageTemplate
from ferrule.prompts.string import StringPromptTemplate

if TYPE_CHECKING:
    from pathlib import Path

    from ferrule.messages import BaseMessage
    from ferrule.prompts.template import PromptTemplateFormat

__all__ = ["BaseStringMessagePromptTemplate", "ChatMessagePromptTemplate"]


class BaseStringMessagePromptTemplate(OneMessageTemplate, ABC):
    """Base of templates of a message whose content is one text; a subclass defines `format`."""

    prompt: StringPromptTemplate
    """The template of the text."""

    @classmethod
    def from_template(
        cls,
        template: str,
        template_format: PromptTemplateFormat = "f-string",
        partial_variables: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make the template from the text of the message; `kwargs` are further fields."""
        prompt = PromptTemplate.from_template(
            template, template_format=template_format, partial_variables=partial_variables
        )
        return cls(prompt=prompt, **kwargs)

    @classmethod
    def from_template_file(cls, template_file: str | Path, **kwargs: Any) -> Self:
        """Make the template from a text file; `kwargs` are further fields."""
        return cls(prompt=PromptTemplate.from_file(template_file), **kwargs)

    @property
    @override
    def input_variables(self) -> list[str]:
        return self.prompt.input_variables

    @override
    def pretty_repr(self, html: bool = False) -> str:
        return self._titled(self.prompt.pretty_repr(html=html), html=html)


class ChatMessagePromptTemplate(BaseStringMessagePromptTemplate):
    """Template of a message in a role of any name.

    Example:
        >>> ChatMessagePromptTemplate.from_template("Hi {name}", role="pirate").format(name="Ada")
        ChatMessage(content='Hi Ada', role='pirate')
    """

    role: str
    """Who speaks."""

    @override
    def format(self, **kwargs: Any) -> BaseMessage:
        return self._message(ChatMessage, content=self.prompt.format(**kwargs), role=self.role)

    @override
    async def aformat(self, **kwargs: Any) -> BaseMessage:
        text = await self.prompt.aformat(**kwargs)
        return self._message(ChatMessage, content=text, role=self.role)
