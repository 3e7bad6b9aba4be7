"""Runnables that are pydantic models can be copied and pickled; composed ones are compared."""

from __future__ import annotations

import copy
import pickle

import pytest

from ferrule.demo import CalculatorChatModel
from ferrule.prompts import ChatPromptTemplate, PromptTemplate
from ferrule.runnables import (
    ConfigurableField,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
)

WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda runnable: runnable.model_copy(),
    "pickle": lambda runnable: pickle.loads(pickle.dumps(runnable)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_prompt_works(way):
    """The copy equals the original and runs."""
    prompt = ChatPromptTemplate.from_template("What is 1 + {number}?")
    copied = WAYS[way](prompt)
    assert copied is not prompt
    assert copied == prompt
    assert copied.invoke({"number": 2}) == prompt.invoke({"number": 2})


@pytest.mark.parametrize("way", ["copy", "deepcopy", "model_copy"])
def test_a_copied_model_works(way):
    """The copy has the settings of the original and runs."""
    model = CalculatorChatModel(model="mine")
    copied = WAYS[way](model)
    assert copied.model == "mine"
    assert copied.invoke("What is 1 + 2?").content == "1 + 2 = 3"


PROMPT = PromptTemplate.from_template("{x}")
FIELD = ConfigurableField(id="which")
COMPOSED = {
    "sequence": lambda step: step | abs,
    "parallel": lambda step: RunnableParallel(a=step),
    "bound arguments": lambda step: step.bind(x=1),
    "bound config": lambda step: step.with_config(tags=["a"]),
    "passthrough": lambda _: RunnablePassthrough(len),
    "assign": lambda step: RunnablePassthrough.assign(a=step),
    "pick": lambda _: RunnablePick("a"),
    "fallbacks": lambda step: step.with_fallbacks([step]),
    "retry": lambda step: step.with_retry(stop_after_attempt=2),
    "map": lambda step: step.map(),
    "configurable fields": lambda _: PROMPT.configurable_fields(template=FIELD),
    "alternatives": lambda step: PROMPT.configurable_alternatives(FIELD, other=step),
}


@pytest.mark.parametrize("make", COMPOSED.values(), ids=COMPOSED)
def test_equal_parts_make_equal_runnables(make):
    """Runnables that are made of the same are equal, and can be found as keys."""
    one, other = make(RunnableLambda(len)), make(RunnableLambda(len))
    assert one == other
    assert {one: 1}[other] == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RunnableLambda(len) | abs, RunnableLambda(len) | int),
        (RunnableParallel(a=len), RunnableParallel(b=len)),
        (RunnableLambda(len).bind(x=1), RunnableLambda(len).bind(x=2)),
        (RunnableLambda(len).with_retry(), RunnableLambda(len).with_retry(stop_after_attempt=2)),
        (RunnableSequence(len, abs, name="a"), RunnableSequence(len, abs, name="b")),
        (RunnableLambda(len) | abs, RunnableParallel(a=len)),
    ],
)
def test_other_parts_make_other_runnables(one, other):
    """Another part, name or class is a difference."""
    assert one != other
