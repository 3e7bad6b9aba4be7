"""Lets the reference show what a package reexports: griffe wants `__all__` as a literal.

`from ferrule.shop.till import Till as Till` marks a public name, for type checkers too.
"""

from __future__ import annotations

import ast
from typing import Any

import griffe


class Reexports(griffe.Extension):
    """Exports the names that a module imports under their own name."""

    def on_module_members(self, *, node: Any, mod: griffe.Module, **_: Any) -> None:
        """Read the imports of one module, once its members are known."""
        if mod.exports is None and isinstance(node, ast.AST):
            imports = (each for each in ast.walk(node) if isinstance(each, ast.ImportFrom))
            names = (name for each in imports for name in each.names)
            mod.exports = [name.name for name in names if name.asname == name.name] or None
