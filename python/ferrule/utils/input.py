"""Text for terminals: colours, bold type."""

from __future__ import annotations

import sys
from itertools import cycle
from typing import TYPE_CHECKING, TextIO

from ferrule.callbacks.narration import COLORS, bold, colored

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

__all__ = ["get_bolded_text", "get_color_mapping", "get_colored_text", "print_text"]


def get_color_mapping(
    items: Iterable[str], excluded_colors: Container[str] | None = None
) -> dict[str, str]:
    """Give each item a colour, in turn.

    Raises:
        ValueError: If every colour is excluded.

    Example:
        >>> get_color_mapping(["a", "b"], excluded_colors=["blue", "green"])
        {'a': 'yellow', 'b': 'pink'}
    """
    left = [color for color in COLORS if color not in (excluded_colors or ())]
    if not left:
        msg = f"All colours are excluded; there are only {', '.join(COLORS)}."
        raise ValueError(msg)
    return dict(zip(items, cycle(left), strict=False))


def get_colored_text(text: str, color: str) -> str:
    """Put the escape sequences of a colour around text.

    Raises:
        ValueError: If there is no such colour.
    """
    return colored(text, color)


def get_bolded_text(text: str) -> str:
    """Put the escape sequences of bold type around text."""
    return bold(text)


def print_text(
    text: str, color: str | None = None, end: str = "", file: TextIO | None = None
) -> None:
    """Write text to a file, by default to the standard output, in a colour if one is given."""
    target = file or sys.stdout
    target.write(f"{colored(text, color)}{end}")
    target.flush()
