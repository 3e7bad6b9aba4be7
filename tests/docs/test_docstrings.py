"""Every example in a docstring runs and shows what it says."""

from __future__ import annotations

import ast
import doctest
import importlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.meta import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def docstrings(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield the name, line and text of each docstring of a source or stub file.

    Strings that follow an attribute document it, and are read too.
    """

    def walk(node: Any, prefix: str) -> Iterator[tuple[str, int, str]]:
        for child in ast.iter_child_nodes(node):
            name = getattr(child, "name", None)
            label = ".".join(filter(None, [prefix, name]))
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                if isinstance(child.value.value, str):
                    yield prefix or "module", child.lineno - 1, child.value.value
            else:
                yield from walk(child, label)

    yield from walk(sources.tree(path), "")


def examples() -> Iterator[Any]:
    """Make one test per docstring with examples."""
    parser = doctest.DocTestParser()
    for module, path in sources.modules(".py", ".pyi").items():
        for name, line, text in docstrings(path):
            found = parser.get_doctest(text, {}, name, sources.shown(path), line)
            if found.examples:
                yield pytest.param(module, found, id=f"{module}:{name}")


@pytest.mark.parametrize(("module", "example"), list(examples()))
def test_docstring_example(module: str, example: doctest.DocTest) -> None:
    """The example runs in its module's own names and prints what it shows."""
    for dependency in sources.optional_dependencies(module):
        pytest.importorskip(dependency)
    # A copy, or an example would change what the next test sees; without the name `annotations`,
    # or doctest would take the module's `from __future__` line for the example's.
    example.globs = {**vars(importlib.import_module(module)), "__name__": "__main__"}
    example.globs.pop("annotations", None)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=report.append)
    assert not report, "".join(report)
