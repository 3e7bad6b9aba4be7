"""Lazy attributes for package `__init__` files (PEP 562).

A package lists which submodule owns each of its public names; a submodule is imported when
one of its names is first read. This keeps `from ferrule.runnables import RunnableLambda` from
loading pydantic, messages or tracers.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def attach(package: str, owners: Mapping[str, str]) -> tuple[
    Callable[[str], Any], Callable[[], list[str]]
]:
    """Make the `__getattr__` and `__dir__` of a package.

    Args:
        package: The package's `__name__`.
        owners: Public name to the module that defines it, relative to the package
            (`".base"`) or absolute (`"ferrule.outputs.result"`).

    Returns:
        The two functions, to be assigned to `__getattr__` and `__dir__` of the package.
        Reading a name stores it in the package, so that the look-up happens once.
    """

    def read(name: str) -> Any:
        owner = owners.get(name)
        if owner is None:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(importlib.import_module(owner, package), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *owners})

    return read, names
