"""What the templates of one message share, whose role is in a module of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import Self, override

from ferrule._lazy import later
from ferrule.load.late_type import LateType
from ferrule.messages.base import BaseMessage, get_msg_title_repr
from ferrule.prompts.message import BaseMessagePromptTemplate
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.string import StringPromptTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.prompts.content_part import ContentPart
    from ferrule.prompts.template import PromptTemplateFormat

__all__ = ["BaseContentMessageTemplate", "OneMessageTemplate"]

# Loaded with the first content that is a list.
_later = later(
    __name__,
    {"ferrule.prompts.content_part": "ContentPart content_block content_part given_to"},
)

if not TYPE_CHECKING:
    ContentPart = Annotated[Any, LateType(lambda: _later("ContentPart"))]


class OneMessageTemplate(BaseMessagePromptTemplate, ABC):
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


class BaseContentMessageTemplate(OneMessageTemplate, ABC):
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
            >>> from ferrule.prompts import HumanMessagePromptTemplate
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
        make_part = _later("content_part")
        return cls(prompt=[make_part(part, template_format) for part in template], **kwargs)

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
            given_to, block = _later("given_to"), _later("content_block")
            parts: list[ContentPart] = prompt
            blocks = [block(part, part.format(**given_to(part, values))) for part in parts]
            content = [each for each in blocks if each]
        elif (text := getattr(prompt, "_text", None)) is not None:
            content = text(values)
        else:  # a template of langchain-core's
            content = prompt.format(**_later("given_to")(prompt, values))
        if self.additional_kwargs:
            return [self._message(self._msg_class, content=content)]
        return [self._msg_class._trusted(content=content)]

    @override
    async def aformat(self, **kwargs: Any) -> BaseMessage:
        prompt = self.prompt
        if not isinstance(prompt, list):
            return self._message(self._msg_class, content=await prompt.aformat(**kwargs))
        given_to, block = _later("given_to"), _later("content_block")
        parts: list[ContentPart] = prompt
        blocks = [block(part, await part.aformat(**given_to(part, kwargs))) for part in parts]
        return self._message(self._msg_class, content=[each for each in blocks if each])

    @override
    def pretty_repr(self, html: bool = False) -> str:
        parts: list[Any] = self.prompt if isinstance(self.prompt, list) else [self.prompt]
        return self._titled("\n\n".join(p.pretty_repr(html=html) for p in parts), html=html)
