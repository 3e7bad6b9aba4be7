"""Classes that signatures name: markers of injected arguments, and the config's type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Generic, Protocol, TypeVar, Union, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import (
    Protocol as ExtendedProtocol,
    TypedDict,
    get_original_bases,
    get_type_hints,
    is_typeddict,
)

from ferrule.messages.tool import ToolOutputMixin
from ferrule.runnables import RunnableConfig
from ferrule.tools import InjectedToolArg, InjectedToolCallId, ToolException, tool
from ferrule.tools.injection import DirectlyInjectedToolArg

theirs = pytest.importorskip("langchain_core.tools")
runnables = pytest.importorskip("langchain_core.runnables")


T = TypeVar("T")


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


@pytest.mark.parametrize("base", [InjectedToolArg, DirectlyInjectedToolArg, ToolException])
def test_bases_combine(base: Any) -> None:
    """Classes that programs derive from may be abstract, generic, or follow a protocol as well."""

    class Sized(Protocol):
        def __len__(self) -> int: ...

    class Measured(ExtendedProtocol):
        length: int

    class Abstract(base, ABC):  # type: ignore[misc]
        @abstractmethod
        def __len__(self) -> int: ...

    class Concrete(Abstract, Sized, Measured, Generic[T]):
        length = 7

        def __len__(self) -> int:
            return self.length

    assert isinstance(Concrete(), base)
    assert len(Concrete()) == 7
    if base is not ToolException:
        with pytest.raises(TypeError, match="abstract"):
            Abstract()


@pytest.mark.parametrize("base", [DirectlyInjectedToolArg, ToolOutputMixin])
def test_bases_of_models(base: Any) -> None:
    """What programs derive from may be a model of pydantic's, where no marker class is needed."""

    class Place(base, BaseModel):  # type: ignore[misc]
        name: str

    assert isinstance(Place(name="a"), base)
    assert Place(name="a").model_dump() == {"name": "a"}


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


class Traced(RunnableConfig):
    """A config that a program derives from ferrule's."""

    trace: str


class Deep(Traced, total=False):
    """A config that a program derives from a derived one."""

    depth: int


class Of(RunnableConfig, Generic[T]):
    """A derived config that is generic."""

    item: T


class Named(TypedDict):
    """A class of dicts beside configs."""

    name: str


class Both(Named, RunnableConfig, total=False):
    """A config that derives from another class of dicts, too."""

    more: str


def test_derived_configs() -> None:
    """Classes derived from the type of configs are classes of dicts with its keys and their own."""
    keys = set(get_type_hints(RunnableConfig))
    assert set(get_type_hints(Deep)) == {*keys, "trace", "depth"}
    assert (Deep.__required_keys__, Deep.__optional_keys__) == ({"trace"}, {*keys, "depth"})
    assert (Both.__required_keys__, Both.__optional_keys__) == ({"name"}, {*keys, "more"})
    assert all(map(is_typeddict, (RunnableConfig, Traced, Deep, Of, Both)))
    assert get_original_bases(Traced) == (RunnableConfig,)
    assert get_args(Of[int]) == (int,)
    made = TypeAdapter(Deep).validate_python({"trace": "a", "depth": "3", "tags": ["t"]})
    assert made == Deep(trace="a", depth=3, tags=["t"])
    with pytest.raises(ValidationError, match="trace"):
        TypeAdapter(Deep).validate_python({"depth": 3})
    assert len({Traced, RunnableConfig, runnables.RunnableConfig}) == 2


def test_their_config_in_our_tool() -> None:
    """A tool of ferrule hands its config to a parameter of langchain-core's type."""

    def look(name: str, config: Any) -> str:
        """Look up."""
        return f"{name} {config['tags']}"

    look.__annotations__["config"] = runnables.RunnableConfig
    made = tool(look)
    assert list(made.args) == ["name"]
    assert made.invoke({"name": "a"}, {"tags": ["t"]}) == "a ['t']"
