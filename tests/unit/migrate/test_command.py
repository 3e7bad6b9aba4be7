"""`python -m ferrule.migrate`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ferrule.migrate.__main__ import main
from ferrule.migrate.files import SourceFile

BEFORE = "from langchain_core.tools import tool, NoTool\n"
AFTER = "from ferrule.tools import tool\nfrom langchain_core.tools import NoTool\n"


@pytest.fixture
def tree(tmp_path):
    """A folder with sources, and with others that are not the user's."""
    for name in (
        "a.py",
        "inner/b.pyi",
        ".hidden/c.py",
        "env/lib/d.py",
        "__pycache__/e.py",
        "node_modules/f.py",
        "notes.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BEFORE.encode())
    (tmp_path / "env/pyvenv.cfg").write_text("")
    (tmp_path / "z.py").write_text("x = 1\n")
    return tmp_path


def changed(tree):
    """The files that are no longer as they were made."""
    files = (path for path in tree.rglob("*") if path.is_file())
    return sorted(p.relative_to(tree).as_posix() for p in files if p.read_bytes() == AFTER.encode())


def test_difference_is_shown(tree, capsys):
    """By default the difference is printed, what stays is listed, and nothing is written."""
    assert main([str(tree)]) == 0
    out, err = capsys.readouterr()
    assert changed(tree) == []
    a, b = ((tree / name).as_posix() for name in ("a.py", "inner/b.pyi"))
    body = "".join(
        ["@@ -1 +1,2 @@\n", f"-{BEFORE}", *(f"+{line}" for line in AFTER.splitlines(keepends=True))]
    )
    assert out == "".join(f"--- {name}\n+++ {name}\n{body}" for name in (a, b))
    assert err.splitlines() == [
        f"{tree / 'a.py'}:1: langchain_core.tools.NoTool: ferrule does not have it",
        f"{tree / 'inner/b.pyi'}:1: langchain_core.tools.NoTool: ferrule does not have it",
        "2 files to change, 2 names stay, 0 files failed.",
    ]


def test_files_are_written(tree, capsys):
    """With --write the files of the tree change, hidden ones, environments and caches do not."""
    assert main(["--write", str(tree)]) == 0
    out, err = capsys.readouterr()
    assert changed(tree) == ["a.py", "inner/b.pyi"]
    assert out == ""
    assert err.endswith("2 files changed, 2 names stay, 0 files failed.\n")
    assert main(["--write", "--check", str(tree)]) == 0


def test_check(tree):
    """With --check the status tells whether files would change."""
    assert main(["--check", str(tree)]) == 1
    assert main(["--check", str(tree / "z.py")]) == 0
    main(["--write", str(tree)])
    assert main(["--check", str(tree)]) == 0


def test_a_file_stands_for_itself(tree):
    """A file that is named is dealt with wherever it is."""
    assert main(["--write", str(tree / ".hidden/c.py")]) == 0
    assert changed(tree) == [".hidden/c.py"]


def test_models_are_asked_for(tmp_path):
    """With --models the chat models of the integrations change too."""
    path = tmp_path / "a.py"
    path.write_text("from langchain_openai import ChatOpenAI\n")
    main(["--write", str(path)])
    assert path.read_text() == "from langchain_openai import ChatOpenAI\n"
    main(["--write", "--models", str(path)])
    assert path.read_text() == "from ferrule.openai import ChatOpenAI\n"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("# -*- coding: latin-1 -*-\r\n# caf\u00e9\r\n", "latin-1"),
        ("# caf\u00e9\r\n", "utf-8"),
        ("# caf\u00e9\r\n", "utf-8-sig"),
    ],
)
def test_encodings_and_line_ends_stay(tmp_path, head, encoding):
    """Encoding, byte order mark and line ends are those of the file."""
    path = tmp_path / "a.py"
    before = head + "from langchain_core.tools import tool\r\n"
    path.write_bytes(before.encode(encoding))
    main(["--write", str(path)])
    assert path.read_bytes() == before.replace("langchain_core", "ferrule").encode(encoding)


@pytest.mark.parametrize(
    "content",
    [
        b"from langchain_core.tools import\n",
        b"# langchain_core caf\xe9\n",
        b"# -*- coding: no-such -*-\nimport langchain_core.tools\n",
        None,
    ],
    ids=["syntax", "bytes", "unknown encoding", "missing"],
)
def test_files_that_cannot_be_read(tree, capsys, content):
    """Such a file is reported and left as it is; the others are dealt with; the status tells."""
    broken = tree / "broken.py"
    if content is not None:
        broken.write_bytes(content)
    assert main(["--write", str(broken), str(tree / "a.py")]) == 2
    assert f"{broken}: left as it is" in capsys.readouterr().err
    assert changed(tree) == ["a.py"]
    assert content is None or broken.read_bytes() == content


def test_files_that_cannot_be_written(tree, capsys, monkeypatch):
    """Such a file is reported, and the others are dealt with."""
    write = SourceFile.write

    def refuse(self, text):
        if self.path.name == "a.py":
            raise PermissionError("read only")
        write(self, text)

    monkeypatch.setattr(SourceFile, "write", refuse)
    assert main(["--write", str(tree)]) == 2
    assert f"{tree / 'a.py'}: left as it is: PermissionError: read only" in capsys.readouterr().err
    assert changed(tree) == ["inner/b.pyi"]


def test_differences_without_a_last_line_end(tmp_path, capsys):
    """A missing line end at the end of the file is shown the way patches do."""
    path = tmp_path / "a.py"
    path.write_bytes(b"import langchain_core.tools")
    main([str(path)])
    assert capsys.readouterr().out.splitlines()[3:] == [
        "-import langchain_core.tools",
        "\\ No newline at end of file",
        "+import ferrule.tools",
        "\\ No newline at end of file",
    ]


def test_libcst_is_required(tree, capsys, monkeypatch):
    """Without libcst the command says what to install."""
    monkeypatch.setitem(sys.modules, "libcst", None)
    with pytest.raises(SystemExit) as stopped:
        main([str(tree)])
    assert stopped.value.code == 2
    assert "pip install 'ferrule[migrate]'" in capsys.readouterr().err


def test_the_module_is_a_command(tree):
    """`python -m ferrule.migrate` runs, and imports langchain-core no more than ferrule does."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ferrule.migrate", "--check", str(tree)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("+from ferrule.tools import tool") == 2
