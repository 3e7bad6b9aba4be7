"""Programs in a process of their own: what the exit of an interpreter does, and a child."""

from __future__ import annotations

import subprocess
import sys

PATIENCE_SECONDS = 20


def printed(program: str) -> str:
    """Run a program, which has to succeed without a word on stderr; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
