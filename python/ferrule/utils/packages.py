"""Packages that a program can do without until it uses them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["guard_import"]


def guard_import(
    module_name: str, *, pip_name: str | None = None, package: str | None = None
) -> ModuleType:
    """Import a module, or say what to install.

    Args:
        module_name: The module.
        pip_name: The package to install; by default it is called like the module.
        package: Where a relative `module_name` starts.

    Raises:
        ImportError: If the module is not installed.

    Example:
        >>> guard_import("math").floor(1.5)
        1
    """
    try:
        return importlib.import_module(module_name, package)
    except ImportError as error:
        wanted = pip_name or module_name.partition(".")[0].replace("_", "-")
        msg = f"The module {module_name} cannot be imported: pip install {wanted}."
        raise ImportError(msg) from error
