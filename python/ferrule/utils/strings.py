"""Values as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["comma_list", "sanitize_for_postgres", "stringify_dict", "stringify_value"]


def stringify_value(val: Any) -> str:
    r"""Show a value for people: a list with an item per line, a dictionary with a key per line.

    Example:
        >>> stringify_value(["a", {"b": 1}])
        'a\n\nb: 1\n'
    """
    match val:
        case dict():
            return f"\n{stringify_dict(val)}"
        case list():
            return "\n".join(map(stringify_value, val))
        case _:
            return str(val)


def stringify_dict(data: Mapping[Any, Any]) -> str:
    """Show a dictionary for people, a line for each key."""
    lines = [f"{key}: {stringify_value(value)}\n" for key, value in data.items()]
    return "".join(lines)


def comma_list(items: Iterable[Any]) -> str:
    """Show items in one line, with commas between them."""
    return ", ".join(map(str, items))


def sanitize_for_postgres(text: str, replacement: str = "") -> str:
    r"""Replace the NUL characters, which PostgreSQL cannot store in text.

    Example:
        >>> sanitize_for_postgres("a\x00b", "?")
        'a?b'
    """
    return replacement.join(text.split("\x00"))
