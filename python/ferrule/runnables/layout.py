"""How runnables show themselves."""

from __future__ import annotations

from typing import Any


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


def constructor_text(runnable: object, *shown: str, **defaults: Any) -> str:
    """Write the call that makes a runnable like this one.

    Args:
        runnable: It has an attribute for each parameter.
        *shown: Parameters that are always shown.
        **defaults: Parameters that are left out while they have this value.

    Example:
        >>> constructor_text(slice(2, 5), "start", "stop", step=None)
        'slice(start=2, stop=5)'
    """
    told = {name: getattr(runnable, name) for name in (*shown, *defaults)}
    parts = [
        f"{name}={value!r}"
        for name, value in told.items()
        if name in shown or value != defaults[name]
    ]
    return f"{type(runnable).__name__}({', '.join(parts)})"
