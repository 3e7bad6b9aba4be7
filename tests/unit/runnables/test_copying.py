"""Runnables that are pydantic models can be copied and pickled."""

from __future__ import annotations

import copy
import pickle

import pytest

from ferrule.demo import CalculatorChatModel
from ferrule.prompts import ChatPromptTemplate

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
