"""`StringPromptTemplate`: templates whose result is one text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule._lazy import attach
from ferrule.prompt_values import StringPromptValue
from ferrule.prompts.base import BasePromptTemplate
from ferrule.prompts.display import Displayed, highlighted
from ferrule.prompts.mustache_schema import mustache_schema
from ferrule.prompts.template import (
    PromptTemplateFormat,
    check_valid_template,
    get_template_variables,
)
from ferrule.prompts.twins import keep_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.prompts.template_jinja2 import (
        jinja2_formatter,
        validate_jinja2,
    )
    from ferrule.prompts.template_mustache import (
        mustache_formatter,
        mustache_template_vars,
    )
else:
    # What other formats need is loaded with the first template in one of them.
    _, __getattr__, __dir__ = attach(
        __name__,
        {
            "ferrule.prompts.template_jinja2": "jinja2_formatter validate_jinja2",
            "ferrule.prompts.template_mustache": "mustache_formatter mustache_template_vars",
        },
    )

__all__ = [
    "PromptTemplateFormat",
    "StringPromptTemplate",
    "check_valid_template",
    "get_template_variables",
    "jinja2_formatter",
    "mustache_formatter",
    "mustache_schema",
    "mustache_template_vars",
    "validate_jinja2",
]


class StringPromptTemplate(Displayed, BasePromptTemplate[str], ABC):
    """Base of templates for one text; a subclass defines `format`.

    Example:
        >>> class Shout(StringPromptTemplate):
        ...     def format(self, **kwargs):
        ...         return kwargs["text"].upper()
        >>> Shout(input_variables=["text"]).invoke("hello")
        StringPromptValue(text='HELLO')
    """

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "base"]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_twins(cls, {"format": "_text", "format_prompt": "_prompt_value"})

    @override
    @abstractmethod
    def format(self, **kwargs: Any) -> str:
        """Fill the template and return the text."""

    @override
    def format_prompt(self, **kwargs: Any) -> StringPromptValue:
        return StringPromptTemplate._prompt_value(self, kwargs)

    @override
    async def aformat_prompt(self, **kwargs: Any) -> StringPromptValue:
        return StringPromptValue._trusted(text=await self.aformat(**kwargs))

    @override
    def _prompt_value(self, values: Mapping[str, Any]) -> StringPromptValue:
        return StringPromptValue._trusted(text=self._text(values))

    def _text(self, values: Mapping[str, Any]) -> str:
        return self.format(**values)

    @override
    def pretty_repr(self, html: bool = False) -> str:
        """Return the text with variables shown as `{name}`.

        Args:
            html: Whether to colour the variables with terminal escapes.
        """
        return self.format(**{name: highlighted(name, html) for name in self.input_variables})
