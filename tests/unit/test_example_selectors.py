"""Choosing examples."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.example_selectors import BaseExampleSelector, LengthBasedExampleSelector
from ferrule.prompts import FewShotPromptTemplate, PromptTemplate

SHOWN = PromptTemplate.from_template("{q}")


class Last(BaseExampleSelector):
    """Knows the last example only."""

    def __init__(self):
        self.example = {}

    def add_example(self, example):
        self.example = example
        return "kept"

    def select_examples(self, input_variables):
        return [{**self.example, **input_variables}]


def test_asynchronous_twins():
    """The asynchronous methods do what the others do."""
    last = Last()
    assert asyncio.run(last.aadd_example({"a": "1"})) == "kept"
    assert asyncio.run(last.aselect_examples({"b": "2"})) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("room", "expected"), [(2, []), (3, ["a"]), (4, ["a"]), (5, ["a", "b\nc"]), (9, ["a", "b\nc"])]
)
def test_examples_fill_the_room_that_the_input_leaves(room, expected):
    """Examples are taken in order as long as they fit beside the input."""
    selector = LengthBasedExampleSelector(
        examples=[{"q": "a"}, {"q": "b\nc"}], example_prompt=SHOWN, max_length=room
    )
    assert [each["q"] for each in selector.select_examples({"x": "two", "y": "words"})] == expected
    assert asyncio.run(selector.aselect_examples({"x": "two words"})) == [
        {"q": text} for text in expected
    ]


def test_an_example_that_is_too_long_ends_the_choice():
    """No later example is taken in its place; the order of examples matters."""
    selector = LengthBasedExampleSelector(
        examples=[{"q": "too long"}, {"q": "b"}], example_prompt=SHOWN, max_length=2
    )
    assert selector.select_examples({"x": "c"}) == []


def test_added_examples_are_measured():
    """Added examples are measured as given ones; lengths can be given, and the measure."""
    selector = LengthBasedExampleSelector(
        examples=[{"q": "abc"}], example_prompt=SHOWN, get_text_length=len, max_length=6
    )
    selector.add_example({"q": "d"})
    asyncio.run(selector.aadd_example({"q": "ef"}))
    assert selector.example_text_lengths == [3, 1, 2]
    assert len(selector.select_examples({"x": "1"})) == 2
    prompt = FewShotPromptTemplate(
        example_selector=selector, example_prompt=SHOWN, suffix="{x}", example_separator="|"
    )
    assert prompt.format(x="1") == "abc|d|1"


def test_given_lengths_are_not_measured():
    """Lengths that are known already are taken as they are."""
    selector = LengthBasedExampleSelector(
        examples=[{"q": "a b c"}], example_prompt=SHOWN, example_text_lengths=[1], max_length=2
    )
    assert len(selector.select_examples({"x": "d"})) == 1
