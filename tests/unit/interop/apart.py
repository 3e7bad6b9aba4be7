"""Code that needs an interpreter in which langchain-core has not been imported yet."""

from __future__ import annotations

import subprocess
import sys


def run_apart(code: str) -> str:
    """Run code in an interpreter of its own; return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
