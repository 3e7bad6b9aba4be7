"""Whether somebody sits in front of the interpreter."""

from __future__ import annotations

import sys

__all__ = ["is_interactive_env"]


def is_interactive_env() -> bool:
    """Whether the interpreter shows a prompt."""
    return hasattr(sys, "ps1")
