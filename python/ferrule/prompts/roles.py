"""Templates of one message each: what a human, a model, the system or a named role says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Union

from pydantic import Field
from typing_extensions import Self, override

from ferrule.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
)
from ferrule.messages.base import get_msg_title_repr
from ferrule.prompts.dict import DictPromptTemplate
from ferrule.prompts.image import ImagePromptTemplate
from ferrule.prompts.message import BaseMessagePromptTemplate
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.string import StringPromptTemplate

if TYPE_CHECKING:
    from ferrule.prompts.template import PromptTemplateFormat

__all__ = [
    "AIMessagePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "HumanMessagePromptTemplate",
    "SystemMessagePromptTemplate",
]

ContentPart = Union[StringPromptTemplate, ImagePromptTemplate, DictPromptTemplate]  # noqa: UP007  a runtime alias on 3.10


class _OneMessageTemplate(BaseMessagePromptTemplate, ABC):
    """What the templates of exactly one message share."""

    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    """The message's `additional_kwargs`."""

    @abstractmethod
    def format(self, **kwargs: Any) -> BaseMessage:
        """Fill the template and return the message."""

    async def aformat(self, **kwargs: Any) -> BaseMessage:
        """Fill the template and return the message; by default as `format` does."""
        return self.format(**kwargs)

    @override
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        return [self.format(**kwargs)]

    @override
    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        return [await self.aformat(**kwargs)]

    def _message(self, message_class: type[BaseMessage], **fields: Any) -> BaseMessage:
        if self.additional_kwargs:
            fields["additional_kwargs"] = self.additional_kwargs.copy()
        return message_class._trusted(**fields)

    def _titled(self, text: str, *, html: bool) -> str:
        title = type(self).__name__.replace("MessagePromptTemplate", " Message")
        return f"{get_msg_title_repr(title, bold=html)}\n\n{text}"


class BaseStringMessagePromptTemplate(_OneMessageTemplate, ABC):
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


class BaseContentMessageTemplate(_OneMessageTemplate, ABC):
    """Template of a message whose content is a text, or a list of texts, images and blocks."""

    prompt: StringPromptTemplate | list[ContentPart]
    """The template of the text, or of each part."""

    _msg_class: ClassVar[type[BaseMessage]]

    @classmethod
    def from_template(
        cls,
        template: str | Sequence[str | dict[str, Any]],
        template_format: PromptTemplateFormat = "f-string",
        *,
        partial_variables: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make the template from the content of the message.

        Args:
            template: A text, or a list of parts: texts, `{"text": ...}`, `{"image_url": ...}`, and
                content blocks of any other form, whose texts are templates too.
            template_format: How texts mark their variables.
            partial_variables: Values that are already given; for a single text only.
            **kwargs: Further fields.

        Raises:
            ValueError: If a template is malformed, or a part is of no known form.

        Example:
            >>> HumanMessagePromptTemplate.from_template(
            ...     ["What is this?", {"image_url": "https://img.test/{id}.png"}]
            ... ).format(id="cat").content[1]
            {'type': 'image_url', 'image_url': {'url': 'https://img.test/cat.png'}}
        """
        if isinstance(template, str):
            text = PromptTemplate.from_template(
                template, template_format=template_format, partial_variables=partial_variables
            )
            return cls(prompt=text, **kwargs)
        if not isinstance(template, Sequence):
            msg = (  # type: ignore[unreachable]
                f"The content of a message is a text or a list of parts, not {template!r}."
            )
            raise ValueError(msg)  # noqa: TRY004  the compatible class
        if partial_variables:
            msg = (
                "partial_variables are taken for a single text only, not for a list of parts: "
                "use `.partial()` of the chat prompt."
            )
            raise ValueError(msg)
        return cls(prompt=[_part(part, template_format) for part in template], **kwargs)

    @classmethod
    def from_template_file(
        cls, template_file: str | Path, input_variables: list[str] | None = None, **kwargs: Any
    ) -> Self:
        """Make the template from a text file in UTF-8.

        The variables are read from the text; `input_variables` is accepted for compatibility.
        """
        del input_variables
        return cls.from_template(Path(template_file).read_text(encoding="utf-8"), **kwargs)

    @property
    @override
    def input_variables(self) -> list[str]:
        if not isinstance(self.prompt, list):
            return self.prompt.input_variables
        parts: list[ContentPart] = self.prompt
        names = [name for part in parts for name in part.input_variables]
        return list(dict.fromkeys(names))

    @override
    def format(self, **kwargs: Any) -> BaseMessage:
        return BaseContentMessageTemplate._messages(self, kwargs)[0]

    @override
    def _messages(self, values: Mapping[str, Any]) -> list[BaseMessage]:
        prompt = self.prompt
        content: Any
        if isinstance(prompt, list):
            parts: list[ContentPart] = prompt
            blocks = [_block(part, part.format(**_given_to(part, values))) for part in parts]
            content = [block for block in blocks if block]
        elif (text := getattr(prompt, "_text", None)) is not None:
            content = text(values)
        else:  # a template of langchain-core's
            content = prompt.format(**_given_to(prompt, values))
        if self.additional_kwargs:
            return [self._message(self._msg_class, content=content)]
        return [self._msg_class._trusted(content=content)]

    @override
    async def aformat(self, **kwargs: Any) -> BaseMessage:
        prompt = self.prompt
        if not isinstance(prompt, list):
            return self._message(self._msg_class, content=await prompt.aformat(**kwargs))
        parts: list[ContentPart] = prompt
        blocks = [_block(part, await part.aformat(**_given_to(part, kwargs))) for part in parts]
        return self._message(self._msg_class, content=[block for block in blocks if block])

    @override
    def pretty_repr(self, html: bool = False) -> str:
        parts: list[Any] = self.prompt if isinstance(self.prompt, list) else [self.prompt]
        return self._titled("\n\n".join(p.pretty_repr(html=html) for p in parts), html=html)


class HumanMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of what the user says.

    Example:
        >>> HumanMessagePromptTemplate.from_template("Hi {name}").format(name="Ada")
        HumanMessage(content='Hi Ada')
    """

    _msg_class: ClassVar[type[BaseMessage]] = HumanMessage


class AIMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of what the model says.

    Example:
        >>> AIMessagePromptTemplate.from_template("I am {name}").format(name="Ada")
        AIMessage(content='I am Ada')
    """

    _msg_class: ClassVar[type[BaseMessage]] = AIMessage


class SystemMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of the instructions that the model is given.

    Example:
        >>> SystemMessagePromptTemplate.from_template("Be {how}.").format(how="brief")
        SystemMessage(content='Be brief.')
    """

    _msg_class: ClassVar[type[BaseMessage]] = SystemMessage


def _part(part: Any, template_format: PromptTemplateFormat) -> ContentPart:
    if isinstance(part, str):
        return PromptTemplate.from_template(part, template_format=template_format)
    if not isinstance(part, Mapping):
        msg = f"A part of a message's content is a text or a dictionary, not {part!r}."
        raise ValueError(msg)  # noqa: TRY004  the compatible class
    form = set(part) - {"type"}
    if form == {"text"}:
        return PromptTemplate.from_template(part["text"], template_format=template_format)
    if form == {"image_url"}:
        image = part["image_url"]
        if not isinstance(image, (str, Mapping)):
            msg = f"'image_url' is a text or a dictionary with a 'url', not {image!r}."
            raise ValueError(msg)
        template = {"url": image} if isinstance(image, str) else dict(image)
        return ImagePromptTemplate(template=template, template_format=template_format)
    if template_format == "jinja2":
        msg = (
            f"A content block cannot be a jinja2 template: {dict(part)!r}. "
            "Use 'f-string' or 'mustache'."
        )
        raise ValueError(msg)
    return DictPromptTemplate(template=dict(part), template_format=template_format)


def _given_to(part: ContentPart, values: Mapping[str, Any]) -> dict[str, Any]:
    # An image takes `url` and `detail` as overrides, so it must not see variables of others.
    return {name: values[name] for name in part.input_variables if name in values}


def _block(part: ContentPart, filled: Any) -> dict[str, Any] | None:
    """Return the content block of a filled part; `None` for an empty text."""
    if isinstance(part, StringPromptTemplate):
        return {"type": "text", "text": filled} if filled else None
    if isinstance(part, ImagePromptTemplate):
        return {"type": "image_url", "image_url": filled}
    block: dict[str, Any] = filled
    return block
