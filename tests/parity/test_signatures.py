"""A call that langchain-core's signatures allow is allowed here, but for those on a list."""

from __future__ import annotations

import importlib
import inspect
import sys
from importlib.metadata import version
from importlib.util import find_spec
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.parity.traces import ORACLE_VERSION

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("signatures.toml")
GROUPS = tomllib.loads(FILE.read_text("utf-8"))["differs"]
LISTED = [name for group in GROUPS for name in group["names"]]
PACKAGES = (
    *("caches", "callbacks", "chat_history", "documents", "language_models", "messages"),
    *("output_parsers", "outputs", "prompt_values", "prompts", "rate_limiters", "retrievers"),
    *("runnables", "tools", "tracers"),
)
CONSTANTS = (str, int, float, bool, bytes, tuple, type(None))


def lost(theirs: inspect.Signature, ours: inspect.Signature) -> Iterator[str]:
    """Say what a caller of their function cannot do with ours."""
    wanted, offered = theirs.parameters, ours.parameters
    kinds = {parameter.kind for parameter in offered.values()}
    by_place = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    places = [name for name, parameter in offered.items() if parameter.kind in by_place]
    for place, (name, parameter) in enumerate(wanted.items()):
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            if parameter.kind not in kinds:
                yield f"no {'*' if parameter.kind is Parameter.VAR_POSITIONAL else '**'}{name}"
            continue
        if parameter.kind in by_place and Parameter.VAR_POSITIONAL not in kinds:
            if place >= len(places):
                yield f"no place for {name}"
            elif places[place] != name and parameter.kind is not Parameter.POSITIONAL_ONLY:
                yield f"{places[place]} for {name}"
        if name not in offered:
            if parameter.kind not in by_place and Parameter.VAR_KEYWORD not in kinds:
                yield f"no {name}"
        elif parameter.default is not Parameter.empty:
            default = offered[name].default
            is_told = isinstance(parameter.default, CONSTANTS)
            if default is Parameter.empty or (is_told and default != parameter.default):
                yield f"another default of {name}"
    filled = {*wanted, *places[: sum(parameter.kind in by_place for parameter in wanted.values())]}
    for name, parameter in offered.items():
        is_optional = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        if name not in filled and not is_optional and parameter.default is Parameter.empty:
            yield f"{name} is needed"


def signature_of(function: Any) -> inspect.Signature | None:
    """Read a signature, if the function tells one."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def compared(theirs: Any, ours: Any) -> str:
    """Say how a public name differs; nothing if all calls of theirs are calls of ours."""
    signatures = signature_of(theirs), signature_of(ours)
    if None in signatures:
        return ""
    return ", ".join(lost(*signatures))  # type: ignore[arg-type]  # both are there


def members(cls: type) -> Iterator[tuple[str, str]]:
    """Name the public methods that langchain-core gives a class, and who defines each."""
    decorators = getattr(cls, "__pydantic_decorators__", None)
    validators = {
        *getattr(decorators, "field_validators", ()),
        *getattr(decorators, "model_validators", ()),
    }
    for name in sorted(set(dir(cls)) - validators):
        if name.startswith("_") and name != "__init__":
            continue
        owner = next(base for base in cls.__mro__ if name in vars(base))
        shown = owner.__qualname__.partition("[")[0]
        # The constructor of any pydantic model takes whatever its fields are.
        if (shown, name) == ("Serializable", "__init__"):
            continue
        if owner.__module__.startswith("langchain_core.") and callable(getattr(cls, name)):
            yield shown, name


def differences() -> Iterator[str]:
    """Yield each method and function whose calls differ, under the class that defines it there."""
    if find_spec("langchain_core") is None or version("langchain-core") != ORACLE_VERSION:
        pytest.skip(f"needs langchain-core {ORACLE_VERSION}")
    for package in PACKAGES:
        theirs = importlib.import_module(f"langchain_core.{package}")
        ours = importlib.import_module(f"ferrule.{package}")
        for name in dir(theirs):
            thing, mine = getattr(theirs, name), getattr(ours, name, None)
            origin = getattr(thing, "__module__", None) or ""
            if mine is None or name.startswith("_") or not origin.startswith("langchain_core."):
                continue
            if not inspect.isclass(thing):
                if difference := compared(thing, mine) if callable(thing) else "":
                    yield f"{name}: {difference}"
                continue
            for owner, method in members(thing):
                if not hasattr(mine, method):
                    yield f"{owner}.{method}: missing"
                elif difference := compared(getattr(thing, method), getattr(mine, method)):
                    yield f"{owner}.{method}: {difference}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what langchain-core imports
def test_calls_are_the_same() -> None:
    """What cannot be called as there is on the list; what is on the list cannot be called so."""
    found = set(differences())
    assert found - set(LISTED) == set()
    assert set(LISTED) - found == set()


@pytest.mark.parametrize(
    ("theirs", "ours", "difference"),
    [
        (lambda a, b=1, *c, d, **e: 0, lambda a, b=1, *c, d, **e: 0, ""),
        (lambda a: 0, lambda a, b=1, **c: 0, ""),
        (lambda a, /: 0, lambda b: 0, ""),
        (lambda a: 0, lambda *args, **kwargs: 0, ""),
        (lambda a: 0, lambda b: 0, "b for a"),
        (lambda a, b: 0, lambda a, *, b: 0, "no place for b"),
        (lambda a, *, b=1: 0, lambda a: 0, "no b"),
        (lambda a=1: 0, lambda a=2: 0, "another default of a"),
        (lambda a=1: 0, lambda a: 0, "another default of a"),
        (lambda a: 0, lambda a, *, b: 0, "b is needed"),
        (lambda **kwargs: 0, lambda a=1: 0, "no **kwargs"),
    ],
)
def test_differences_are_told(theirs: Any, ours: Any, difference: str) -> None:
    """The comparison finds what a caller loses, and nothing that a caller gains."""
    assert compared(theirs, ours) == difference
