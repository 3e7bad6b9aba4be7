"""Lazy attributes for package `__init__` files (PEP 562).

A package lists which submodule owns each of its public names; a submodule is imported when
one of its names is first read. This keeps `from ferrule.runnables import RunnableLambda` from
loading pydantic, messages or tracers.

Type checkers cannot follow this, and would let any name pass. They read the same list as
imports instead, hence the two halves of a package:

    if TYPE_CHECKING:
        from ferrule.shop.till import Till as Till
    else:
        __all__, __getattr__, __dir__ = attach(__name__, {".till": "Till"})
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(module: str, owned: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the function that gets names which `module` needs only when it runs.

    For modules that close a circle of imports, and for what most programs never use and what takes
    long to import.

    Args:
        module: The `__name__` of the module that asks.
        owned: As for `attach`.
    """
    owners = {name: owner for owner, names in owned.items() for name in names.split()}

    def read(name: str) -> Any:
        owner = owners.get(name)
        if owner is None:
            msg = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(importlib.import_module(owner, module), name)

    return read


def attach(
    package: str, owned: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__all__`, `__getattr__` and `__dir__` of a package.

    Args:
        package: The package's `__name__`.
        owned: Module to the public names that it defines, separated by white space. The module
            is relative to the package (`".base"`) or absolute (`"ferrule.messages.tool"`).

    Returns:
        The names (constants, then classes, then the rest, each in alphabetical order), and the
        two functions. Reading a name stores it in the package, so that the look-up happens once.
    """
    find = later(package, owned)
    public = sorted((name for names in owned.values() for name in names.split()), key=_place)

    def read(name: str) -> Any:
        value = find(name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return public, read, listed


def _place(name: str) -> tuple[bool, bool, str]:
    is_constant = len(name) > 1 and name.isupper()
    return not is_constant, not name[0].isupper(), name
