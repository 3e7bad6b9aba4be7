"""Refuse one thing where a list is expected: text, dictionaries and models can be iterated, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel


def check_listed(given: Any, what: str, name: str = "messages") -> None:
    """Refuse what is no list.

    Args:
        given: What was given.
        what: What the list should hold, in the plural.
        name: The parameter.

    Raises:
        TypeError: It is a single message, text, a dictionary, or nothing that can be listed.
    """
    # Of these, iterating gives characters, keys or fields, which is never what is meant.
    one = isinstance(given, (str, bytes, dict, BaseModel))
    if one or not isinstance(given, Iterable):
        msg = (
            f"{name} is a list of {what}, but got {given!r} ({type(given).__name__}); "
            "put a single one into a list."
        )
        raise TypeError(msg)
