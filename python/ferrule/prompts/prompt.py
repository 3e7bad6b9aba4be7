"""`PromptTemplate`: one text with variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import model_validator
from typing_extensions import Self, override

from ferrule._core import filled_text
from ferrule.prompts.mustache_schema import mustache_schema
from ferrule.prompts.string import StringPromptTemplate
from ferrule.prompts.template import (
    PromptTemplateFormat,
    check_valid_template,
    get_template_variables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig

__all__ = ["PromptTemplate"]


class PromptTemplate(StringPromptTemplate):
    """A text with variables, in f-string, mustache or jinja2 form.

    The template is checked when the object is built. In f-string form a field holds a plain name,
    optionally with a conversion and a format specifier; attribute and index access are refused.
    `+` joins templates of one format, and text, which is then a template too.

    Example:
        >>> prompt = PromptTemplate.from_template("What is {a} + {b:.1f}?")
        >>> prompt.invoke({"a": 1, "b": 2})
        StringPromptValue(text='What is 1 + 2.0?')
        >>> (prompt + " Answer in {language}.").input_variables
        ['a', 'b', 'language']
    """

    template: str
    """The text."""

    template_format: PromptTemplateFormat = "f-string"
    """How the text marks its variables."""

    validate_template: bool = False
    """Whether `input_variables` must be given and be exactly the template's own."""

    @model_validator(mode="before")
    @classmethod
    def _read_variables(cls, values: Any) -> Any:
        # Values of the wrong type are left for the fields to complain about.
        if not isinstance(values, dict) or not isinstance(values.get("template"), str):
            return values
        template, template_format = values["template"], values.get("template_format", "f-string")
        partials = values.get("partial_variables", {})
        variables = get_template_variables(template, template_format)
        if values.get("validate_template"):
            if "input_variables" not in values:
                msg = "validate_template=True compares input_variables: pass them as well."
                raise ValueError(msg)
            given = [*values["input_variables"], *(p for p in partials if p in variables)]
            check_valid_template(template, template_format, given)
        return {**values, "input_variables": [v for v in variables if v not in partials]}

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        return {"template_format": self.template_format}

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "prompt"]

    @property
    @override
    def _prompt_type(self) -> str:
        return "prompt"

    @override
    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        if self.template_format == "mustache":
            return mustache_schema(self.template)
        return super().get_input_schema(config)

    @override
    def format(self, **kwargs: Any) -> str:
        return PromptTemplate._text(self, kwargs)

    @override
    def _text(self, values: Mapping[str, Any]) -> str:
        if self.partial_variables:
            values = self._merge_partial_and_user_variables(**values)
        return filled_text(self, self.template, self.template_format, values)

    def __add__(self, other: object) -> PromptTemplate:
        if isinstance(other, str):
            other = PromptTemplate.from_template(other, template_format=self.template_format)
        if not isinstance(other, PromptTemplate):
            return NotImplemented
        if self.template_format != other.template_format:
            msg = (
                f"Templates of different formats cannot be joined: {self.template_format!r} and "
                f"{other.template_format!r}."
            )
            raise ValueError(msg)
        twice = sorted(set(self.partial_variables) & set(other.partial_variables))
        if twice:
            msg = f"Both templates bring a partial value for {twice}: give each variable once."
            raise ValueError(msg)
        partials = {**self.partial_variables, **other.partial_variables}
        names = {*self.input_variables, *other.input_variables} - set(partials)
        return PromptTemplate(
            template=self.template + other.template,
            template_format=self.template_format,
            input_variables=sorted(names),
            partial_variables=partials,
            validate_template=self.validate_template and other.validate_template,
        )

    def __radd__(self, other: object) -> PromptTemplate:
        if not isinstance(other, str):
            return NotImplemented
        return PromptTemplate.from_template(other, template_format=self.template_format) + self

    @classmethod
    def from_template(
        cls,
        template: str,
        *,
        template_format: PromptTemplateFormat = "f-string",
        partial_variables: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make a prompt from its text.

        Args:
            template: The text.
            template_format: How it marks its variables.
            partial_variables: Values that are already given.
            **kwargs: Further fields.

        Raises:
            ValueError: If the template is malformed; the error names the field or the position.

        Example:
            >>> PromptTemplate.from_template("Hello {{name}}", template_format="mustache").format(
            ...     name="Ada"
            ... )
            'Hello Ada'
        """
        # Checked here first, so that the error is not wrapped into a pydantic one.
        variables = get_template_variables(template, template_format)
        partials = partial_variables or {}
        return cls(
            template=template,
            template_format=template_format,
            input_variables=[name for name in variables if name not in partials],
            partial_variables=partials,
            **kwargs,
        )

    @classmethod
    def from_examples(
        cls,
        examples: list[str],
        suffix: str,
        input_variables: list[str],
        example_separator: str = "\n\n",
        prefix: str = "",
        **kwargs: Any,
    ) -> Self:
        r"""Make a prompt from a prefix, examples and a suffix; all of them are templates.

        Example:
            >>> prompt = PromptTemplate.from_examples(["1: odd", "2: even"], "{n}:", ["n"])
            >>> prompt.template.split("\n\n")
            ['', '1: odd', '2: even', '{n}:']
        """
        template = example_separator.join([prefix, *examples, suffix])
        return cls(template=template, input_variables=input_variables, **kwargs)

    @classmethod
    def from_file(
        cls, template_file: str | Path, encoding: str | None = None, **kwargs: Any
    ) -> Self:
        """Make a prompt from a text file; `encoding` is the platform's if it is not given."""
        return cls.from_template(Path(template_file).read_text(encoding=encoding), **kwargs)
