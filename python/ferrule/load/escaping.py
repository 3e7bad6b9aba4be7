"""Telling apart, in plain data, the description of an object and a dictionary that looks like one.

A dictionary of the user that has the key `lc` is put into a wrapper when it is dumped, and is taken
out of it as it is when it is loaded: whatever it says, nothing is built from it.
"""

from __future__ import annotations

from typing import Any

_WRAPPER = "__lc_escaped__"


def looks_described(data: dict[Any, Any]) -> bool:
    """Whether a dictionary could be taken for a description, or for a wrapper."""
    return "lc" in data or is_wrapped(data)


def wrapped(data: dict[Any, Any]) -> dict[str, Any]:
    """Put a dictionary into a wrapper."""
    return {_WRAPPER: data}


def is_wrapped(data: dict[Any, Any]) -> bool:
    """Whether a dictionary is a wrapper."""
    return data.keys() == {_WRAPPER}


def unwrapped(data: dict[str, Any]) -> dict[str, Any]:
    """Take the dictionary out of its wrapper."""
    inner: dict[str, Any] = data[_WRAPPER]
    return inner
