"""Tests of what all language models share: settings and token counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ferrule.callbacks import CallbackManager, StdOutCallbackHandler
from ferrule.function_calling import convert_to_openai_tool
from ferrule.globals import set_verbose
from ferrule.language_models import LLM, FakeListLLM
from ferrule.messages import AIMessage, HumanMessage
from tests.unit.language_models.heard import Heard, Repeat


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("日本", 2), ("\ud800", 1)]
)
def test_estimates_a_token_per_four_bytes(text: str, tokens: int) -> None:
    """Without a tokenizer the count is an estimate from the length in bytes."""
    assert Repeat().get_num_tokens(text) == tokens


def test_counts_with_the_given_tokenizer() -> None:
    """A tokenizer given to the constructor makes ids and counts."""
    model = Repeat(custom_get_token_ids=lambda text: [len(word) for word in text.split()])
    assert model.get_token_ids("one four") == [3, 4]
    assert model.get_num_tokens("one four") == 2
    assert model.get_num_tokens_from_messages([HumanMessage("a b"), AIMessage("c")]) == 5


def test_counts_with_the_tokenizer_of_the_class() -> None:
    """A class with a tokenizer counts with it."""

    class Letters(Repeat):
        def get_token_ids(self, text: str) -> list[int]:
            return [ord(letter) for letter in text]

    assert Letters().get_num_tokens("four") == 4


def test_ids_cannot_be_estimated() -> None:
    """Without a tokenizer there are no ids, and the error says what to pass."""
    with pytest.raises(NotImplementedError, match="custom_get_token_ids"):
        Repeat().get_token_ids("x")


def test_tools_are_counted_as_json() -> None:
    """The schemas of tools count with the messages."""

    def move(x: int) -> None:
        """Move there."""

    schema = json.dumps(convert_to_openai_tool(move))
    with_tools = Repeat().get_num_tokens_from_messages([HumanMessage("q")], tools=[move])
    without = Repeat().get_num_tokens_from_messages([HumanMessage("q")])
    assert with_tools - without == Repeat().get_num_tokens(schema)


class Listened(LLM):
    """Answers with the names of the classes that listen to its run."""

    @property
    def _llm_type(self) -> str:
        return "listened"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        return " ".join(type(handler).__name__ for handler in run_manager.handlers)


def test_a_verbose_model_prints_its_runs() -> None:
    """`verbose`, set on the model or globally, adds the printing handler to the model's own."""
    printer = StdOutCallbackHandler.__name__
    assert Listened(callbacks=[Heard()]).invoke("x") == "Heard"
    assert Listened(callbacks=[Heard()], verbose=True).invoke("x") == f"Heard {printer}"
    set_verbose(True)
    try:
        assert Listened().invoke("x") == printer
        assert Listened(callbacks=[StdOutCallbackHandler()]).invoke("x") == printer
    finally:
        set_verbose(False)


def test_repr_shows_what_was_set() -> None:
    """The repr of a model has no defaults."""
    assert repr(FakeListLLM(responses=["a"])) == "FakeListLLM(responses=['a'])"


def test_base_has_no_structured_output() -> None:
    """A model that cannot give structured output says so by its name."""
    with pytest.raises(NotImplementedError, match="Repeat"):
        Repeat().with_structured_output({})


@pytest.mark.parametrize(
    ("callbacks", "named"),
    [([Heard], r"the class Heard; pass an instance"), (5, r"5 \(int\)"), ([5], r"5 \(int\)")],
)
def test_refuses_what_is_no_handler(callbacks: Any, named: str) -> None:
    """The constructor names what cannot be a handler, as a call does."""
    with pytest.raises(TypeError, match=named):
        Repeat(callbacks=callbacks)


def test_takes_handlers_as_a_call_does() -> None:
    """A handler need not be in a list, nor be derived from the base class; managers are kept."""

    class Own:
        heard = 0

        def on_llm_end(self, response: Any, **kwargs: Any) -> None:
            self.heard += 1

    own, manager = Own(), CallbackManager([])
    Repeat(callbacks=own).invoke("x")
    Repeat(callbacks=(own,)).invoke("x")
    assert own.heard == 2
    assert Repeat(callbacks=manager).callbacks is manager


def test_refuses_bytes() -> None:
    """Bytes are no text, and no list of messages either."""
    with pytest.raises(ValueError, match="not bytes: b'x'"):
        Repeat().invoke(b"x")


def test_tokens_of_something_else() -> None:
    """What is no text has no tokens."""
    with pytest.raises(TypeError, match=r"counted of a text, but got 5 \(int\)"):
        Repeat().get_num_tokens(5)  # type: ignore[arg-type]
