"""Refuse one thing where a list is expected: text, dictionaries and models can be iterated, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel


def check_listed(messages: Any, what: str) -> None:
    """Refuse what is no list.

    Args:
        messages: What was given as `messages`.
        what: What the list should hold, in the plural.

    Raises:
        TypeError: It is a single message, text, a dictionary, or nothing that can be listed.
    """
    # Of these, iterating gives characters, keys or fields, which is never what is meant.
    one = isinstance(messages, (str, bytes, dict, BaseModel))
    if one or not isinstance(messages, Iterable):
        msg = (
            f"messages is a list of {what}, but got {messages!r} "
            f"({type(messages).__name__}); put a single message into a list."
        )
        raise TypeError(msg)
