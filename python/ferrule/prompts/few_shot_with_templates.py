"""`FewShotPromptWithTemplates`: examples between a prefix and a suffix that are prompts."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator
from typing_extensions import Self, override

from ferrule.prompts.few_shot import Examples
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.string import StringPromptTemplate
from ferrule.prompts.template import PromptTemplateFormat

__all__ = ["FewShotPromptWithTemplates"]


class FewShotPromptWithTemplates(Examples, StringPromptTemplate):
    """A text of a prefix, examples and a suffix, where prefix and suffix are prompts.

    Example:
        >>> prompt = FewShotPromptWithTemplates(
        ...     prefix=PromptTemplate.from_template("{task}:"),
        ...     examples=[{"n": 1}, {"n": 2}],
        ...     example_prompt=PromptTemplate.from_template("{n}"),
        ...     suffix=PromptTemplate.from_template("{last}"),
        ...     example_separator=" ",
        ... )
        >>> prompt.format(task="Count", last=3)
        'Count: 1 2 3'
    """

    example_prompt: PromptTemplate
    """What makes a text of one example."""

    suffix: StringPromptTemplate
    """The text after the examples."""

    prefix: StringPromptTemplate | None = None
    """The text before the examples."""

    example_separator: str = "\n\n"
    """What stands between prefix, examples and suffix."""

    template_format: PromptTemplateFormat = "f-string"
    """Taken for compatibility: prefix, suffix and examples have formats of their own."""

    validate_template: bool = False
    """Whether `input_variables` must cover the variables of prefix and suffix."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "few_shot_with_templates"]

    @property
    @override
    def _prompt_type(self) -> str:
        return "few_shot_with_templates"

    @model_validator(mode="after")
    def _read_variables(self) -> Self:
        prefix = self.prefix.input_variables if self.prefix else []
        needed = {*prefix, *self.suffix.input_variables} - set(self.partial_variables)
        if not self.validate_template:
            self.input_variables = sorted(needed)
        missing = sorted(needed - set(self.input_variables))
        if missing:
            msg = f"input_variables lack {missing}, which prefix and suffix need."
            raise ValueError(msg)
        return self

    @override
    def format(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        shown = [self.example_prompt.format(**e) for e in self._get_examples(**values)]
        prefix = "" if self.prefix is None else self.prefix.format(**_own(self.prefix, values))
        suffix = self.suffix.format(**_own(self.suffix, values))
        return self._joined(prefix, shown, suffix)

    @override
    async def aformat(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        examples = await self._aget_examples(**values)
        shown = [await self.example_prompt.aformat(**e) for e in examples]
        prefix = ""
        if self.prefix is not None:
            prefix = await self.prefix.aformat(**_own(self.prefix, values))
        suffix = await self.suffix.aformat(**_own(self.suffix, values))
        return self._joined(prefix, shown, suffix)

    def _joined(self, prefix: str, shown: list[str], suffix: str) -> str:
        return self.example_separator.join(text for text in (prefix, *shown, suffix) if text)


def _own(prompt: StringPromptTemplate, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in prompt.input_variables if name in values}
