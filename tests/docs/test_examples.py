"""Every file in examples/ runs by itself, and is short enough to read at a glance."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.meta import sources

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sources.files(".py", under=sources.ROOT / "examples")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path: Path) -> None:
    """The script ends without an error, prints something, and warns of nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert not done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short(path: Path) -> None:
    """One idea fits on one screen: 60 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= 60
