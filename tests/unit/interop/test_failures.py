"""ferrule's exceptions where langchain-core's are caught, and the reverse where that can be had."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

from ferrule import exceptions
from ferrule.output_parsers import JsonOutputParser
from ferrule.tools import ToolException, tool

theirs = pytest.importorskip("langchain_core.exceptions")
their_tools = pytest.importorskip("langchain_core.tools")

NAMES = [name for name in exceptions.__all__ if isinstance(getattr(exceptions, name), type)]
SHARED = [name for name in NAMES if name not in {"ErrorCode", "FerruleError"}]


@pytest.mark.parametrize("name", SHARED)
def test_caught_by_their_names(name: str) -> None:
    """Each exception is caught as langchain-core's of its name, and as ferrule's."""
    ours = getattr(exceptions, name)
    with pytest.raises(getattr(theirs, name)) as caught:
        raise ours("no")
    assert isinstance(caught.value, ours)
    assert str(caught.value) == "no"
    assert repr(caught.value) == f"{ours.__name__}('no')"
    with pytest.raises(theirs.LangChainException):
        raise ours("no")


def test_only_of_its_kind() -> None:
    """An exception is not caught as one of another kind."""
    assert not isinstance(exceptions.ModelTimeoutError("no"), theirs.ModelRateLimitError)
    assert not isinstance(exceptions.FerruleError("no"), theirs.ModelError)


def test_parsers_failures() -> None:
    """What a parser raises says what it says without langchain-core."""
    with pytest.raises(theirs.OutputParserException) as caught:
        JsonOutputParser().invoke("no json")
    failure = caught.value
    assert failure.llm_output == "no json"
    assert "OUTPUT_PARSING_FAILURE" not in str(exceptions.OutputParserException("no"))
    for same in (copy.copy(failure), pickle.loads(pickle.dumps(failure))):
        assert isinstance(same, exceptions.OutputParserException)
        assert (str(same), same.llm_output) == (str(failure), "no json")


def test_exceptions_of_programs() -> None:
    """Derived exceptions are caught, too, with constructor and attributes of their own."""

    class Full(exceptions.ModelRateLimitError):
        def __init__(self, seconds: int) -> None:
            super().__init__(f"wait {seconds} s")
            self.seconds = seconds

    class Gone(exceptions.ModelConnectionError, OSError):
        pass

    with pytest.raises(theirs.ModelRateLimitError, match="wait 7 s") as caught:
        raise Full(7)
    assert caught.value.seconds == 7
    assert caught.value.is_retryable
    with pytest.raises(theirs.ModelConnectionError) as gone:
        raise Gone(2, "no file")
    assert gone.value.errno == 2


@pytest.mark.parametrize("raised", [ToolException, their_tools.ToolException])
def test_tools_answer_failures_of_both(raised: Any) -> None:
    """A tool of either library answers a `ToolException` of either library."""

    def fail(number: int) -> int:
        """Fail."""
        raise raised(f"not {number}")

    for make in (tool, their_tools.tool):
        failing = make(fail)
        failing.handle_tool_error = True
        assert failing.invoke({"number": 1}) == "not 1"
        assert asyncio.run(failing.ainvoke({"number": 1})) == "not 1"
        failing.handle_tool_error = False
        with pytest.raises(raised, match="not 1"):
            failing.invoke({"number": 1})


def test_other_failures_of_tools_propagate() -> None:
    """What is no `ToolException` is not answered."""

    @tool
    async def fail(number: int) -> int:
        """Fail."""
        raise LookupError(number)

    fail.handle_tool_error = True
    with pytest.raises(LookupError):
        asyncio.run(fail.ainvoke({"number": 1}))
