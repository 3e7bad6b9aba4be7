"""`LengthBasedExampleSelector`: as many examples as there is room for."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, Field, model_validator
from typing_extensions import Self, override

from ferrule.example_selectors.base import BaseExampleSelector
from ferrule.prompts.prompt import PromptTemplate

__all__ = ["LengthBasedExampleSelector"]


def _count_words(text: str) -> int:
    return len(re.split(r"[ \n]", text))


class LengthBasedExampleSelector(BaseExampleSelector, BaseModel):
    """Choose examples in order until they, and the input, fill a length.

    Example:
        >>> selector = LengthBasedExampleSelector(
        ...     examples=[{"q": "one two"}, {"q": "three"}, {"q": "four"}],
        ...     example_prompt=PromptTemplate.from_template("Q: {q}"),
        ...     max_length=7,
        ... )
        >>> selector.select_examples({"q": "five six"})
        [{'q': 'one two'}, {'q': 'three'}]
    """

    examples: list[dict[str, Any]]
    """The examples, each with values for the variables of `example_prompt`."""

    example_prompt: PromptTemplate
    """What makes a text of one example."""

    get_text_length: Callable[[str], int] = _count_words
    """Measures a text; by default words are counted."""

    max_length: int = 2048
    """Length of the input and the chosen examples together."""

    example_text_lengths: list[int] = Field(default_factory=list)
    """Length of each example; measured unless it is given."""

    @model_validator(mode="after")
    def _measure(self) -> Self:
        if not self.example_text_lengths:
            self.example_text_lengths = [self._length_of(each) for each in self.examples]
        return self

    def _length_of(self, example: dict[str, Any]) -> int:
        return self.get_text_length(self.example_prompt.format(**example))

    @override
    def add_example(self, example: dict[str, str]) -> None:
        self.examples.append(example)
        self.example_text_lengths.append(self._length_of(example))

    @override
    async def aadd_example(self, example: dict[str, str]) -> None:
        self.add_example(example)

    @override
    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        room = self.max_length - self.get_text_length(" ".join(input_variables.values()))
        if room <= 0:
            return []
        filled = accumulate(self.example_text_lengths)
        return [each for each, length in zip(self.examples, filled, strict=True) if length <= room]

    @override
    async def aselect_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        return self.select_examples(input_variables)
