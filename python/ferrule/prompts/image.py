"""`ImagePromptTemplate`: the address of an image, with variables in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator
from typing_extensions import override

from ferrule.prompt_values import ImagePromptValue, ImageURL
from ferrule.prompts.base import BasePromptTemplate
from ferrule.prompts.template import (
    PromptTemplateFormat,
    compile_template,
    get_template_variables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ImagePromptTemplate"]

_NO_FILES = (
    "An image cannot be given by 'path', since a path in a prompt would let its author read files: "
    "give a 'url', which may be a data URL."
)


class ImagePromptTemplate(BasePromptTemplate[ImageURL]):
    """The address of an image, and how closely to look at it, as templates.

    Example:
        >>> image = ImagePromptTemplate(template={"url": "https://img.test/{id}.png"})
        >>> image.format(id="cat")
        {'url': 'https://img.test/cat.png'}
    """

    template: dict[str, Any] = Field(default_factory=dict)
    """`url` and optionally `detail`, as templates."""

    template_format: PromptTemplateFormat = "f-string"
    """How the templates mark their variables."""

    @model_validator(mode="before")
    @classmethod
    def _read_variables(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(values.get("template", {}), dict):
            return values
        template = values.get("template", {})
        if "path" in template:
            raise ValueError(_NO_FILES)
        names = set(values.get("input_variables", ()))
        for text in template.values():
            if isinstance(text, str):
                names |= set(
                    get_template_variables(text, values.get("template_format", "f-string"))
                )
        partials = values.get("partial_variables", {})
        return {**values, "input_variables": sorted(n for n in names if n not in partials)}

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "image"]

    @property
    @override
    def _prompt_type(self) -> str:
        return "image-prompt"

    @override
    def format(self, **kwargs: Any) -> ImageURL:
        """Return the address and detail.

        Where the template has no variable of that name, `url` and `detail` given here override
        the template's own.

        Raises:
            ValueError: If there is no `url`, or a `path` is given.
        """
        overrides = {k: v for k, v in kwargs.items() if k not in self.input_variables}
        if overrides.get("path"):
            raise ValueError(_NO_FILES)
        values = self._merge_partial_and_user_variables(**kwargs)
        filled = {key: self._filled(text, values) for key, text in self.template.items()}
        url, detail = (overrides.get(key) or filled.get(key) for key in ("url", "detail"))
        if not url or not isinstance(url, str):
            msg = f"An image needs a 'url', which is a string, not {url!r}."
            raise ValueError(msg)
        return {"url": url, "detail": detail} if detail else {"url": url}

    def _filled(self, text: Any, values: Mapping[str, Any]) -> Any:
        if not isinstance(text, str):
            return text
        return compile_template(text, self.template_format).render(values)

    @override
    def format_prompt(self, **kwargs: Any) -> ImagePromptValue:
        return ImagePromptValue._trusted(image_url=self.format(**kwargs))

    @override
    async def aformat_prompt(self, **kwargs: Any) -> ImagePromptValue:
        return ImagePromptValue._trusted(image_url=await self.aformat(**kwargs))

    def pretty_repr(self, html: bool = False) -> str:  # noqa: ARG002  nothing to colour
        """Return the templates, for people to read."""
        return repr(self.template)
