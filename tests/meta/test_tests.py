"""Every test says in one line which behaviour it holds."""

from __future__ import annotations

import ast

from tests.meta import sources


def test_every_test_has_a_docstring() -> None:
    """A test function opens with a docstring."""
    bare = [
        f"{sources.shown(path)}::{node.name}"
        for path in sources.files(".py", under=sources.ROOT / "tests")
        if path.name.startswith("test_")
        for node in ast.walk(sources.tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not bare, "\n".join(bare)
