"""The files of this repository, for tests that read source code."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "ferrule"

# Parts of the package that need a library of an extra.
_OPTIONAL = {
    "anthropic": "anthropic",
    "bm25": "bm25s",
    "migrate": "libcst",
    "openai": "openai",
    "prompts.template_jinja2": "jinja2",
}

_SKIPPED = {"__pycache__", "target", "dist", "site"}


def files(*suffixes: str, under: Path = ROOT) -> list[Path]:
    """List the files with one of the suffixes, without build output, caches or environments."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            is_ours = path.name not in _SKIPPED and not (
                path.name.startswith(".") and path.name not in {".ci", ".github"}
            )
            if is_ours and path.is_dir():
                yield from walk(path)
            elif is_ours and path.suffix in suffixes:
                yield path

    return list(walk(under))


def shown(path: Path) -> str:
    """Return a path as it is written in messages and lists: from the repository's root."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules(*suffixes: str) -> dict[str, Path]:
    """Map the dotted name of every module of the package to its file."""
    return {module_name(path): path for path in files(*(suffixes or (".py",)), under=PACKAGE)}


def optional_dependencies(module: str) -> list[str]:
    """List the libraries beyond the run-time dependencies that a module cannot do without."""
    return [
        library
        for name, library in _OPTIONAL.items()
        if f"{module}.".startswith(f"ferrule.{name}.")
    ]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Parse a Python file, once."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))
