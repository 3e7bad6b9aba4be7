"""Lay out nested representations over several lines."""

from __future__ import annotations


def indented(text: str, columns: int) -> str:
    """Indent every line but the first.

    Example:
        >>> indented("a\\nb", 2)
        'a\\n  b'
    """
    return text.replace("\n", "\n" + " " * columns)
