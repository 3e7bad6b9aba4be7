"""How templates are shown to people."""

from __future__ import annotations

import sys

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


class Displayed:
    """Templates that people look at."""

    def pretty_repr(self, html: bool = False) -> str:  # noqa: ARG002  for subclasses
        """Return the template under headings, for people to read.

        Args:
            html: Whether to use bold and coloured text through terminal escapes.
        """
        return repr(self)

    def pretty_print(self) -> None:
        """Print `pretty_repr()`, coloured in an interactive session."""
        sys.stdout.write(f"{self.pretty_repr(html=hasattr(sys, 'ps1'))}\n")
