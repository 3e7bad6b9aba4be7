"""A program that imports from langchain-core finds the same names in the same modules here."""

from __future__ import annotations

import ast
import importlib
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.meta import sources
from tests.parity.traces import ORACLE_VERSION

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("left_out.toml")
GROUPS = tomllib.loads(FILE.read_text("utf-8"))["left_out"]
MODULES = [name for group in GROUPS for name in group.get("modules", ())]
NAMES = [name for group in GROUPS for name in group.get("names", ())]


def is_left_out(name: str) -> bool:
    """Tell whether a module, or one that it is in, is on the list."""
    return any(f"{name}.".startswith(f"{module}.") for module in MODULES)


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Name what the top level of a module defines, and what its `__all__` lists."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign(targets=[ast.Name("__all__")]):
                yield from ast.literal_eval(node.value)
            case ast.Assign():
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(name)):
                yield name
            case ast.Try():
                yield from defined(node.body)
            case ast.If() if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from defined(node.body + node.orelse)
            case _:
                pass


def is_offered(name: str) -> bool:
    """Tell whether a name is meant for others: no private one, type variable or logger."""
    return not name.startswith("_") and len(name) > 1 and name != "logger"


def public_names() -> Iterator[tuple[str, str]]:
    """Yield (module, name) for what langchain-core offers; the name "" is the module itself."""
    spec = find_spec("langchain_core")
    if spec is None or spec.origin is None or version("langchain-core") != ORACLE_VERSION:
        pytest.skip(f"needs langchain-core {ORACLE_VERSION}")
    root = Path(spec.origin).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if module and not any(part.startswith("_") for part in module.split(".")):
            yield module, ""
            found = set(defined(ast.parse(path.read_text("utf-8")).body))
            yield from ((module, name) for name in found if is_offered(name))


def is_here(module: str, name: str) -> bool:
    """Tell whether ferrule has a module, or a name in it."""
    if find_spec_of(module) is None:
        return False
    return not name or hasattr(importlib.import_module(f"ferrule.{module}"), name)


def find_spec_of(module: str) -> object:
    """Find a module of ferrule, whose package may be missing."""
    try:
        return find_spec(f"ferrule.{module}")
    except ModuleNotFoundError:
        return None


def test_names_are_here() -> None:
    """What is missing is on the list; what is on the list is missing."""
    missing = {entry for entry in public_names() if not is_here(*entry)}
    names = {f"{m}.{n}".rstrip(".") for m, n in missing if not is_left_out(m)}
    assert names == set(NAMES)
    modules = {module for module, name in missing if not name}
    assert [module for module in MODULES if module not in modules] == []


def test_list_has_nothing_twice() -> None:
    """Each name has one reason, and none repeats its module."""
    assert len(NAMES) == len(set(NAMES))
    assert len(MODULES) == len(set(MODULES))
    assert [name for name in NAMES if is_left_out(name.rpartition(".")[0])] == []


@pytest.mark.parametrize("module", GROUPS[0]["modules"])
def test_what_is_out_of_scope_is_documented(module: str) -> None:
    """A user finds in the documentation what to import from langchain-core on."""
    page = (sources.ROOT / "docs" / "compat.md").read_text("utf-8")
    assert f"`langchain_core.{module}`" in page
