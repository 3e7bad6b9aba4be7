"""Prompts that show examples: as text, and as messages.

Prefix and suffix are templates; examples are data. What stands in an example is never read as a
template, so its braces need no escaping and it cannot reach the variables of the prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Union, runtime_checkable

from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import Self, override

from ferrule._core import filled_text
from ferrule.prompts.base_chat import BaseChatPromptTemplate
from ferrule.prompts.message import BaseMessagePromptTemplate
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.string import StringPromptTemplate
from ferrule.prompts.template import (
    PromptTemplateFormat,
    check_valid_template,
    get_template_variables,
)

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["ExampleSelector", "FewShotChatMessagePromptTemplate", "FewShotPromptTemplate"]


@runtime_checkable
class ExampleSelector(Protocol):
    """Chooses the examples that suit an input."""

    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        """Return the examples for these values of the prompt's variables."""
        ...

    async def aselect_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        """Return the examples for these values of the prompt's variables."""
        ...


class Examples(BaseModel):
    """Where a prompt's examples come from: a fixed list, or a selector; exactly one of them."""

    examples: list[dict[str, Any]] | None = None
    """The examples, each with values for the variables of `example_prompt`."""

    example_selector: Any = None
    """What chooses them by the input (see `ExampleSelector`)."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.examples is None) == (self.example_selector is None):
            found = "neither" if self.examples is None else "both"
            msg = f"Give either 'examples' or 'example_selector'; {found} was given."
            raise ValueError(msg)
        selector = self.example_selector
        if selector is not None and not isinstance(selector, ExampleSelector):
            msg = (
                "An example_selector has the methods select_examples and aselect_examples; "
                f"{selector!r} has not."
            )
            raise ValueError(msg)
        return self

    def _get_examples(self, **kwargs: Any) -> list[dict[str, Any]]:
        if self.examples is not None:
            return self.examples
        selected: list[dict[str, Any]] = self.example_selector.select_examples(kwargs)
        return selected

    async def _aget_examples(self, **kwargs: Any) -> list[dict[str, Any]]:
        if self.examples is not None:
            return self.examples
        selected: list[dict[str, Any]] = await self.example_selector.aselect_examples(kwargs)
        return selected


class FewShotPromptTemplate(Examples, StringPromptTemplate):
    """A text of a prefix, examples and a suffix.

    Example:
        >>> prompt = FewShotPromptTemplate(
        ...     prefix="Add.",
        ...     examples=[{"q": "1+1", "a": "2"}, {"q": "2+2", "a": "4"}],
        ...     example_prompt=PromptTemplate.from_template("{q} = {a}"),
        ...     suffix="{q} =",
        ...     example_separator="; ",
        ... )
        >>> prompt.format(q="3+3")
        'Add.; 1+1 = 2; 2+2 = 4; 3+3 ='
    """

    example_prompt: PromptTemplate
    """What makes a text of one example."""

    suffix: str
    """Template of the text after the examples."""

    prefix: str = ""
    """Template of the text before the examples."""

    example_separator: str = "\n\n"
    """What stands between prefix, examples and suffix."""

    template_format: PromptTemplateFormat = "f-string"
    """How prefix and suffix mark their variables."""

    validate_template: bool = False
    """Whether `input_variables` must cover the variables of prefix and suffix."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return False

    @property
    @override
    def _prompt_type(self) -> str:
        return "few_shot"

    @model_validator(mode="after")
    def _read_variables(self) -> Self:
        names: set[str] = set()
        for text in (self.prefix, self.suffix):
            names.update(get_template_variables(text, self.template_format))
        if self.validate_template:
            given = [*self.input_variables, *self.partial_variables]
            # A selector may read variables that no template shows.
            text = self.prefix + self.suffix
            check_valid_template(text, self.template_format, given, allow_surplus=True)
        else:
            self.input_variables = sorted(names - set(self.partial_variables))
        return self

    @override
    def format(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        return self._joined(values, self._get_examples(**values))

    @override
    async def aformat(self, **kwargs: Any) -> str:
        values = self._merge_partial_and_user_variables(**kwargs)
        return self._joined(values, await self._aget_examples(**values))

    def _joined(self, values: dict[str, Any], examples: list[dict[str, Any]]) -> str:
        shown = [
            self.example_prompt.format(**_arguments(self.example_prompt, example))
            for example in examples
        ]
        before, after = (
            [filled_text(self, text, self.template_format, values)] if text else []
            for text in (self.prefix, self.suffix)
        )
        return self.example_separator.join([*before, *filter(None, shown), *after])


class FewShotChatMessagePromptTemplate(Examples, BaseChatPromptTemplate):
    """Messages that show examples, usually as a part of a `ChatPromptTemplate`.

    Example:
        >>> from ferrule.prompts import ChatPromptTemplate
        >>> shown = FewShotChatMessagePromptTemplate(
        ...     examples=[{"q": "2+2", "a": "4"}],
        ...     example_prompt=ChatPromptTemplate([("human", "{q}"), ("ai", "{a}")]),
        ... )
        >>> ChatPromptTemplate([shown, ("human", "{question}")]).format_messages(question="3+3")
        [HumanMessage(content='2+2'), AIMessage(content='4'), HumanMessage(content='3+3')]
    """

    example_prompt: Union[BaseMessagePromptTemplate, BaseChatPromptTemplate]  # noqa: UP007  read by pydantic on 3.10
    """What makes messages of one example."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return False

    @property
    @override
    def _prompt_type(self) -> str:
        return "few_shot_chat"

    @override
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        filled: list[BaseMessage] = []
        for example in self._get_examples(**kwargs):
            values = _arguments(self.example_prompt, example)
            filled += self.example_prompt.format_messages(**values)
        return filled

    @override
    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        filled: list[BaseMessage] = []
        for example in await self._aget_examples(**kwargs):
            values = _arguments(self.example_prompt, example)
            filled += await self.example_prompt.aformat_messages(**values)
        return filled

    @override
    def pretty_repr(self, html: bool = False) -> str:
        """Return what one example looks like, for people to read."""
        return self.example_prompt.pretty_repr(html=html)


def _arguments(
    prompt: PromptTemplate | BaseMessagePromptTemplate | BaseChatPromptTemplate,
    example: dict[str, Any],
) -> dict[str, Any]:
    missing = [name for name in prompt.input_variables if name not in example]
    if missing:
        msg = f"The example {example!r} lacks the variables {missing} of the example_prompt."
        raise KeyError(msg)
    return {name: example[name] for name in prompt.input_variables}
