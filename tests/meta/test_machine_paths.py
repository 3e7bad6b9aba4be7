"""Nothing in the repository depends on, or tells of, the machine that it was written on."""

from __future__ import annotations

import re

from tests.meta import sources

TEXT = (
    ".cfg",
    ".json",
    ".lock",
    ".md",
    ".py",
    ".pyi",
    ".rs",
    ".sh",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    "",
)

# Home and checkout folders. Written in parts, or this file would be its own first finding.
FOLDERS = ["root", "work", "home/[a-z]+", "Users/[A-Za-z]+", "opt/[a-z]+", "tmp", "private/var"]
PATH = re.compile(r"(?<![\w./<{$-])/(?:" + "|".join(FOLDERS) + r")/\w|\b[A-Z]:\\\\?Users\\")


def test_no_machine_paths() -> None:
    """No file names an absolute path below a home, checkout or scratch folder."""
    found = [
        f"{sources.shown(path)}:{number}: {line.strip()[:80]}"
        for path in sources.files(*TEXT)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if PATH.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_pattern_finds_paths() -> None:
    """The check sees what it is for, and lets URLs and relative paths be."""
    slash = "/"
    for wrong in (f"open('{slash}home/ann/x')", f'"{slash}work/main"', f" {slash}tmp/x.json"):
        assert PATH.search(wrong)
    for right in ("https://example.org/work/main", "target/tmp/x", "a/home/b/c", "/v1/messages"):
        assert not PATH.search(right)
