"""Every Python block in the README and the documentation runs.

The blocks of a file run in order and share their names, as a reader would type them. A block
with `>>>` is checked line by line; a fenced `output` block states what the Python block above it
prints (`...` stands for anything). `<!-- not run: reason -->` on the line above leaves one out.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import sys
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.meta import sources

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(
    r"(?P<skip><!-- not run: [^\n]+ -->\n+)?^```(?P<lang>\w+)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


@dataclass
class Block:
    """A Python block, the line it starts at, and what it must print (None: anything)."""

    line: int
    code: str
    output: str | None = None


def blocks(text: str) -> list[Block]:
    """Find the Python blocks of a page, each with the output block that follows it."""
    found: list[Block] = []
    for match in FENCE.finditer(text):
        if match["lang"] == "python" and not match["skip"]:
            found.append(Block(text.count("\n", 0, match.start("body")), match["body"]))
        elif match["lang"] == "output" and found:
            found[-1].output = match["body"]
    return found


def run(block: Block, names: dict[str, Any], source: str) -> None:
    """Run one block among the names that the page has made so far."""
    if ">>>" in block.code:
        test = doctest.DocTestParser().get_doctest(block.code, names, source, source, block.line)
        report: list[str] = []
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
        assert not report, "".join(report)
        names.update(test.globs)
        return
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = compile("\n" * block.line + block.code, source, "exec", dont_inherit=True)
        exec(code, names)
    if block.output is not None:
        matches = doctest.OutputChecker().check_output(block.output, printed.getvalue(), OPTIONS)
        assert matches, f"{source}:{block.line} printed\n{printed.getvalue()}"


PAGES = [
    path
    for path in [*sources.ROOT.glob("*.md"), *sources.files(".md", under=sources.ROOT / "docs")]
    if blocks(path.read_text("utf-8"))
]


@pytest.mark.parametrize("path", PAGES, ids=sources.shown)
def test_page_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's blocks run from top to bottom and print what the page says."""
    # Names that annotations refer to are looked up in a module, as in a script.
    page = types.ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", page)
    for block in blocks(path.read_text("utf-8")):
        run(block, vars(page), sources.shown(path))


def test_blocks_are_found() -> None:
    """Python blocks are found with their output; marked ones and other languages are left out."""
    fence = "```"
    page = (
        f"{fence}python\nprint(1)\n{fence}\n\n{fence}output\n1\n{fence}\n"
        f"<!-- not run: needs a key -->\n{fence}python\nboom()\n{fence}\n{fence}sh\nls\n{fence}\n"
    )
    assert blocks(page) == [Block(1, "print(1)\n", "1\n")]


def test_wrong_output_is_noticed() -> None:
    """A block that prints something else than its page says fails."""
    with pytest.raises(AssertionError, match="printed"):
        run(Block(1, "print(2)\n", "1\n"), {}, "page.md")
    with pytest.raises(AssertionError, match="Expected"):
        run(Block(1, ">>> 1 + 1\n3\n"), {}, "page.md")
