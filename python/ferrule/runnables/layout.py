"""Lay out nested representations over several lines."""

from __future__ import annotations


def indented(text: str, columns: int) -> str:
    r"""Indent every line but the first.

    Example:
        >>> indented("a\nb", 2)
        'a\n  b'
    """
    return text.replace("\n", "\n" + " " * columns)


def indent_lines_after_first(text: str, prefix: str) -> str:
    """Indent every line but the first by as many columns as the prefix is long."""
    return indented(text, len(prefix))
