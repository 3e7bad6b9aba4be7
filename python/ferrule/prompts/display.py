"""How templates are shown to people."""

from __future__ import annotations

_YELLOW = "\033[33;1m\033[1;3m"
_PLAIN = "\033[0m"


def highlighted(name: str, coloured: bool) -> str:
    """Return a variable as `{name}`, in yellow if wanted."""
    shown = f"{{{name}}}"
    return f"{_YELLOW}{shown}{_PLAIN}" if coloured else shown
