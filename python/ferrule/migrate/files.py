"""The files of a migration: found, read and written with their encoding and line ends."""

from __future__ import annotations

import io
import os
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SourceFile", "find_sources"]

_SUFFIXES = (".py", ".pyi")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})


@dataclass(frozen=True)
class SourceFile:
    """A Python file as text, and how to write it again."""

    path: Path
    text: str
    encoding: str

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read a file as Python would.

        Raises:
            OSError: If it cannot be read.
            SyntaxError: If its encoding is unknown, or not the one that it says.
            UnicodeDecodeError: Likewise.
        """
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return cls(path, data.decode(encoding), encoding)

    def write(self, text: str) -> None:
        """Replace the text; a byte order mark that was there stays."""
        self.path.write_bytes(text.encode(self.encoding))


def find_sources(path: Path) -> Iterator[Path]:
    """Find the Python files of a tree, in order; a file stands for itself.

    Hidden folders, virtual environments and folders of caches or of installed packages are left
    out. Links to folders are not followed.
    """
    if not path.is_dir():
        yield path
        return
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(name for name in inner if not _is_left_out(Path(folder, name)))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(_SUFFIXES))


def _is_left_out(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in _SKIPPED or (folder / "pyvenv.cfg").exists()
