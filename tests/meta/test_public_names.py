"""Every package says what it offers; what it offers is there and is documented."""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from tests.meta import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = [name for name, path in sources.modules().items() if path.name == "__init__.py"]


def load(module: str) -> Any:
    """Import a module; skip the test where an optional dependency is absent."""
    for dependency in sources.optional_dependencies(module):
        pytest.importorskip(dependency)
    return importlib.import_module(module)


def public_modules() -> Iterator[str]:
    """Name the modules that declare `__all__`."""
    for name, path in sources.modules().items():
        if "\n__all__ = " in path.read_text("utf-8"):
            yield name


def place(name: str) -> tuple[int, str]:
    """Order names as ruff's RUF022 does: constants, classes, the rest."""
    is_constant = len(name) > 1 and name.isupper()
    return (0 if is_constant else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_declare_their_names(package: str) -> None:
    """A package has `__all__`, sorted, without repetition."""
    names = load(package).__all__
    assert names == sorted(set(names), key=place)


def reexported(package: str) -> dict[str, str]:
    """Map the names that type checkers see in a package to the modules they see them in."""
    tree = sources.tree(sources.modules()[package])
    return {
        alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_the_public_names(package: str) -> None:
    """The imports that type checkers read of a lazy package are what the package loads."""
    loaded, seen = load(package), reexported(package)
    if hasattr(loaded, "__getattr__"):
        assert set(seen) == set(loaded.__all__)
    for name, module in seen.items():
        assert getattr(importlib.import_module(module), name) is getattr(loaded, name)


@pytest.mark.parametrize("module", list(public_modules()))
def test_declared_names_resolve(module: str) -> None:
    """Each name in `__all__` can be read, and is listed by `dir`."""
    loaded = load(module)
    for name in loaded.__all__:
        getattr(loaded, name)
    assert set(loaded.__all__) <= set(dir(loaded))


@pytest.mark.parametrize("package", PACKAGES)
def test_unknown_names_are_refused(package: str) -> None:
    """Reading a name that a package does not have is an AttributeError that names both."""
    with pytest.raises(AttributeError, match=f"{package}.*no_such_name"):
        load(package).no_such_name  # noqa: B018  reading is the test


def undocumented(value: Any) -> Iterator[str]:
    """Name what lacks a docstring, its own or an inherited one, in a class or function."""
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return
    if not inspect.getdoc(value):
        yield value.__qualname__
    if inspect.isclass(value):
        for name, member in vars(value).items():
            is_method = inspect.isroutine(member) or isinstance(member, (classmethod, property))
            if is_method and not name.startswith("_"):
                inherited = (vars(base).get(name) for base in value.__mro__)
                if not any(getattr(one, "__doc__", None) for one in inherited):
                    yield f"{value.__qualname__}.{name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_documented(package: str) -> None:
    """Public classes, functions and methods say what they are for."""
    loaded = load(package)
    offered = [getattr(loaded, name) for name in loaded.__all__ if not name.startswith("_")]
    ours = [v for v in offered if str(getattr(v, "__module__", "")).startswith("ferrule")]
    assert [name for value in ours for name in undocumented(value)] == []
