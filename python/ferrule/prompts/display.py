"""How templates are shown to people."""

from __future__ import annotations

_SHOWN_CHARACTERS = 60
_YELLOW = "\033[33;1m\033[1;3m"
_PLAIN = "\033[0m"


def highlighted(name: str, coloured: bool) -> str:
    """Return a variable as `{name}`, in yellow if wanted."""
    shown = f"{{{name}}}"
    return f"{_YELLOW}{shown}{_PLAIN}" if coloured else shown


def shown(template: str) -> str:
    """Return a template as errors name it: quoted, and cut if it is long."""
    if len(template) <= _SHOWN_CHARACTERS:
        return repr(template)
    return f"{template[:_SHOWN_CHARACTERS]!r}..."
