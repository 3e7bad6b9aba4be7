"""ferrule's exceptions where langchain-core's are caught, and the reverse where that can be had."""

from __future__ import annotations

import asyncio
import copy
import copyreg
import functools
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


class Kinds(type):
    """A class of classes that keeps their names."""

    made: list[str] = []

    def __init__(cls, name: str, *args: Any, **settings: Any) -> None:
        super().__init__(name, *args)
        Kinds.made.append(name)


class Last(type):
    """A class of classes from which no other may derive."""

    def __init_subclass__(cls) -> None:
        raise RuntimeError(cls)


class Coded(exceptions.FerruleError):
    """Exceptions whose classes have a code, and are told of classes that derive from them."""

    code = 0
    known: list[type] = []

    def __init_subclass__(cls, *, code: int) -> None:
        cls.code = code
        Coded.known.append(cls)


class Missing(Coded, code=404):
    """Says that something is missing."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self), self.args)


class Counted(exceptions.ModelError, metaclass=Kinds):
    """An exception whose class is kept by name."""


class Made(exceptions.FerruleError):
    """An exception that is pickled with a function that makes it."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __reduce__(self) -> Any:
        return (made, (self.reason,))


def made(reason: str) -> Made:
    """Make an exception."""
    return Made(reason=reason)


class Restored(exceptions.FerruleError):
    """An exception that is pickled as any object is, with all that it has."""

    def __init__(self, *, reason: str) -> None:
        self.reason = reason

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (copyreg.__newobj__, (type(self),), vars(self))  # type: ignore[attr-defined]


class Filled(Restored):
    """An exception that is pickled as an empty one and what it has."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self).__new__, (type(self),), vars(self))


class Called(exceptions.FerruleError):
    """An exception that is pickled as a call with keywords."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)

    def __reduce__(self) -> Any:
        return (functools.partial(type(self), reason=self.args[0]), ())


class Final(exceptions.ModelError, metaclass=Last):
    """An exception of which no combination with another can be made."""


def test_classes_of_programs() -> None:
    """What programs define for their exception classes hears of no other class."""
    with pytest.raises(theirs.LangChainException, match="page") as caught:
        raise Missing("page")
    assert isinstance(caught.value, Missing)
    assert caught.value.code == 404
    assert Coded.known == [Missing]
    with pytest.raises(theirs.ModelError):
        raise Counted("one")
    assert Kinds.made == ["Counted"]
    with pytest.raises(Final, match="no more") as plain:
        raise Final("no more")
    assert type(plain.value) is Final


@pytest.mark.parametrize(
    "failure",
    [
        Missing("a"),
        Made(reason="a"),
        Restored(reason="a"),
        Filled(reason="a"),
        Called(reason="a"),
        Counted("a"),
        Final("a"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_pickles_of_programs(failure: Exception) -> None:
    """Exceptions of programs are pickled the way they say, as what they are to the program."""
    for same in (copy.copy(failure), pickle.loads(pickle.dumps(failure))):
        assert type(same) is type(failure)
        assert (same.args, vars(same)) == (failure.args, vars(failure))
    assert b"langchain_core" not in pickle.dumps(failure)


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
