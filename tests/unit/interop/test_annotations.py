"""Classes that signatures name: markers of injected arguments, and the config's type."""

from __future__ import annotations

from typing import Annotated, Any, Union, get_type_hints

import pytest

from ferrule.runnables import RunnableConfig
from ferrule.tools import InjectedToolArg, InjectedToolCallId, tool

theirs = pytest.importorskip("langchain_core.tools")
runnables = pytest.importorskip("langchain_core.runnables")


class Ours(InjectedToolArg):
    """A marker that a program derives from ferrule's."""


class Theirs(theirs.InjectedToolArg):  # type: ignore[misc,name-defined]
    """A marker that a program derives from langchain-core's."""


MARKERS = [
    InjectedToolArg,
    InjectedToolArg(),
    InjectedToolCallId,
    Ours,
    Ours(),
    theirs.InjectedToolArg,
    theirs.InjectedToolArg(),
    theirs.InjectedToolCallId,
    Theirs,
    Theirs(),
]


@pytest.mark.parametrize("make", [tool, theirs.tool], ids=["ours", "theirs"])
@pytest.mark.parametrize("marker", MARKERS, ids=str)
def test_markers(make: Any, marker: Any) -> None:
    """A marker of either library hides an argument of a tool of either library."""

    def look(name: str, user: str) -> str:
        """Look up."""
        return f"{name} of {user}"

    look.__annotations__["user"] = Annotated[str, marker]
    made = make(look)
    assert list(made.tool_call_schema.model_json_schema()["properties"]) == ["name"]
    call = {"name": "look", "args": {"name": "a", "user": "b"}, "id": "7", "type": "tool_call"}
    answer = made.invoke(call)
    wants_id = isinstance(marker, type) and issubclass(marker, InjectedToolCallId)
    assert answer.content == ("a of 7" if wants_id else "a of b")


def test_markers_stay_classes() -> None:
    """A marker is a class, an instance of nothing else than classes and markers."""
    assert isinstance(InjectedToolArg, type)
    assert not isinstance(InjectedToolArg, (str, theirs.InjectedToolCallId))
    assert not isinstance(InjectedToolArg(), InjectedToolCallId)
    assert not issubclass(theirs.InjectedToolArg, InjectedToolCallId)
    assert not isinstance(InjectedToolArg, theirs.InjectedToolCallId)


def test_direct_injection() -> None:
    """Types of which langchain-core injects every argument are injected in ferrule's tools."""
    base = pytest.importorskip("langchain_core.tools.base")

    class Runtime(base._DirectlyInjectedToolArg):  # type: ignore[misc,name-defined]
        pass

    def look(name: str, runtime: Any) -> str:
        """Look up."""
        return f"{name} {type(runtime).__name__}"

    look.__annotations__["runtime"] = Runtime
    made = tool(look)
    assert list(made.args) == ["name"]
    assert made.invoke({"name": "a", "runtime": Runtime()}) == "a Runtime"


def test_configs_type() -> None:
    """The types of configs are equal, alone and in unions, on either side."""
    assert RunnableConfig == runnables.RunnableConfig
    assert runnables.RunnableConfig == RunnableConfig
    assert (RunnableConfig | None) == (runnables.RunnableConfig | None)
    assert Union[None, RunnableConfig] == (runnables.RunnableConfig | None)  # noqa: UP007  older code
    assert RunnableConfig != runnables.Runnable
    assert len({RunnableConfig, runnables.RunnableConfig}) == 1
    assert "tags" in get_type_hints(RunnableConfig)


def test_their_config_in_our_tool() -> None:
    """A tool of ferrule hands its config to a parameter of langchain-core's type."""

    def look(name: str, config: Any) -> str:
        """Look up."""
        return f"{name} {config['tags']}"

    look.__annotations__["config"] = runnables.RunnableConfig
    made = tool(look)
    assert list(made.args) == ["name"]
    assert made.invoke({"name": "a"}, {"tags": ["t"]}) == "a ['t']"
