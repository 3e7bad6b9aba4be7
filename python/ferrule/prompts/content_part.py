"""Parts of a message whose content is a list: templates of texts, images and other blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Union

from ferrule.prompts.dict import DictPromptTemplate
from ferrule.prompts.image import ImagePromptTemplate
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.string import StringPromptTemplate

if TYPE_CHECKING:
    from ferrule.prompts.template import PromptTemplateFormat

__all__ = ["ContentPart", "content_block", "content_part", "given_to"]

ContentPart = Union[StringPromptTemplate, ImagePromptTemplate, DictPromptTemplate]  # noqa: UP007  a runtime alias on 3.10


def content_part(part: Any, template_format: PromptTemplateFormat) -> ContentPart:
    """Make the template of a part.

    Raises:
        ValueError: If it is of no known form.
    """
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


def given_to(part: ContentPart, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the values that are for a part."""
    # An image takes `url` and `detail` as overrides, so it must not see variables of others.
    return {name: values[name] for name in part.input_variables if name in values}


def content_block(part: ContentPart, filled: Any) -> dict[str, Any] | None:
    """Return the content block of a filled part; `None` for an empty text."""
    if isinstance(part, StringPromptTemplate):
        return {"type": "text", "text": filled} if filled else None
    if isinstance(part, ImagePromptTemplate):
        return {"type": "image_url", "image_url": filled}
    block: dict[str, Any] = filled
    return block
