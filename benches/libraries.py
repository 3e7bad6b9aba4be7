"""The contestants, and the names that a workload finds in each of them.

`floor` is no library but the limit: `benches/floor`.
"""

from __future__ import annotations

import functools
from importlib import import_module
from types import ModuleType
from typing import Any

from benches import floor

__all__ = ["CONTESTANTS", "FERRULE", "FLOOR", "PEER", "Absent", "Library", "library"]

FERRULE, PEER, FLOOR = "ferrule", "langchain-core", "floor"
CONTESTANTS = (FERRULE, PEER, FLOOR)

_ROOTS = {FERRULE: "ferrule", PEER: "langchain_core"}
# Where public names are looked for, in this order.
_MODULES = (
    "runnables",
    "runnables.config",
    "callbacks",
    "callbacks.manager",
    "messages",
    "outputs",
    "documents",
    "prompts",
    "output_parsers",
    "retrievers",
    "tools",
    "language_models",
)
# What has no place of its own in the public API.
_ELSEWHERE = {
    (FERRULE, "uuid7"): "ferrule._core",
    (PEER, "uuid7"): "langchain_core.utils.uuid",
}


class Absent(Exception):
    """A contestant does not take part; the message says why."""


class Library:
    """One contestant's public names, wherever in the library they live."""

    def __init__(self, name: str) -> None:
        self.contestant = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._find(name)
        setattr(self, name, value)
        return value

    def _find(self, name: str) -> Any:
        root = _ROOTS[self.contestant]
        elsewhere = _ELSEWHERE.get((self.contestant, name))
        for module in [elsewhere] if elsewhere else [f"{root}.{part}" for part in _MODULES]:
            value = getattr(import_module(module), name, None)
            if value is not None and not isinstance(value, ModuleType):
                return value
        raise AttributeError(f"{root} has no public name {name!r} in any of {_MODULES}.")


@functools.cache
def library(contestant: str) -> Any:
    """Give a contestant's names.

    Raises:
        Absent: The contestant cannot take part here.
    """
    if contestant == FLOOR:
        try:
            return floor.namespace()
        except floor.Unavailable as error:
            raise Absent(str(error)) from error
    try:
        import_module(_ROOTS[contestant])
    except ImportError as error:
        raise Absent(f"{contestant} is not installed: {error}") from error
    return Library(contestant)
