"""Every package says what it offers; what it offers is there and is documented."""

from __future__ import annotations

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


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_declare_their_names(package: str) -> None:
    """A package has `__all__`, sorted, without repetition."""
    names = load(package).__all__
    assert names == sorted(set(names))


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


def documented(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a public class or function owes a docstring for: itself and its methods."""
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return
    yield value.__qualname__, value
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if not name.startswith("_") and (
                inspect.isroutine(member) or isinstance(member, (classmethod, property))
            ):
                yield f"{value.__qualname__}.{name}", getattr(value, name)


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_documented(package: str) -> None:
    """Public classes, functions and methods have a docstring, their own or an inherited one."""
    loaded = load(package)
    bare = [
        label
        for name in loaded.__all__
        if getattr(getattr(loaded, name), "__module__", "").startswith("ferrule")
        for label, value in documented(getattr(loaded, name))
        if not inspect.getdoc(value)
    ]
    assert not bare, f"without a docstring: {bare}"
