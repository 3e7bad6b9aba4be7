"""The exceptions of ferrule."""

from __future__ import annotations

import pytest

from ferrule import exceptions
from ferrule.exceptions import (
    FerruleError,
    LangChainException,
    ModelError,
    ModelRateLimitError,
    OutputParserException,
)


def test_langchains_root_catches_everything():
    """`except LangChainException` catches whatever ferrule raises on its own account."""
    assert LangChainException is FerruleError
    for name in exceptions.__all__:
        value = getattr(exceptions, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, LangChainException), name


def test_parser_errors_carry_the_answer():
    """A parser's error is a ValueError with what the model said."""
    error = OutputParserException("bad", observation="o", llm_output="l", send_to_llm=True)
    assert isinstance(error, ValueError)
    assert (str(error), error.observation, error.llm_output) == ("bad", "o", "l")
    assert error.send_to_llm


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"llm_output": "l"}, "observation"), ({"observation": "o"}, "llm_output")],
)
def test_telling_the_model_needs_both(given, missing):
    """The error names what is missing."""
    with pytest.raises(ValueError, match=missing):
        OutputParserException("bad", send_to_llm=True, **given)


def test_retryable():
    """Errors say whether the same request may succeed later."""
    assert ModelRateLimitError.is_retryable
    assert not ModelError.is_retryable
