"""The command: `python -m ferrule.migrate [--write] [--check] [--models] PATH...`."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ferrule import migrate
from ferrule.migrate.files import SourceFile, find_sources
from ferrule.migrate.names import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DONE, _PENDING, _FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status.

    The difference goes to the standard output, what stays and what failed to the standard error.

    Args:
        arguments: The arguments, without the command's name; by default those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ferrule.migrate",
        description="Switch the imports of langchain_core in files or trees to ferrule.",
        epilog="Exit status: 0 done; 1 with --check, when files would change; 2 when a file could "
        "not be read, parsed or written (the others are dealt with).",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument("--write", action="store_true", help="change the files")
    parser.add_argument("--check", action="store_true", help="exit with 1 if files would change")
    parser.add_argument(
        "--models",
        action="store_true",
        help="also the chat models of langchain_anthropic and langchain_openai",
    )
    given = parser.parse_args(arguments)
    if find_spec("libcst") is None:
        parser.exit(
            _FAILED,
            "ferrule.migrate needs the libcst package, which is not installed. "
            "Install it with: pip install 'ferrule[migrate]'\n",
        )
    inventory = Inventory(models=given.models)
    changed = failed = stay = 0
    for path in (found for given_path in given.paths for found in find_sources(given_path)):
        try:
            file = SourceFile.read(path)
            rewriting = migrate.rewrite_source(file.text, inventory)
            if given.write and rewriting.source != file.text:
                file.write(rewriting.source)
        except Exception as error:  # noqa: BLE001  whatever it is, the other files are dealt with
            failed += 1
            _tell(f"{path}: left as it is: {_shown(error)}")
            continue
        for note in rewriting.notes:
            stay += 1
            _tell(f"{path}:{note.line}: {note.name}: {note.reason}")
        if rewriting.source != file.text:
            changed += 1
            if not given.write:
                sys.stdout.writelines(_difference(path, file.text, rewriting.source))
    done = "changed" if given.write else "to change"
    _tell(f"{changed} files {done}, {stay} names stay, {failed} files failed.")
    if failed:
        return _FAILED
    return _PENDING if given.check and changed and not given.write else _DONE


def _difference(path: Path, before: str, after: str) -> Iterator[str]:
    name = path.as_posix()
    for line in difflib.unified_diff(_lines(before), _lines(after), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    # Not `splitlines`, which also splits at form feeds and the like.
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


if __name__ == "__main__":
    sys.exit(main())
