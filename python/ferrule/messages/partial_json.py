"""Reading JSON that is still being streamed."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["parse_partial_json"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<mark>[{}\[\],:])
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<scalar>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)
    )""",
    re.VERBOSE | re.DOTALL,
)
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]]', re.DOTALL)
_OPEN_TEXT = re.compile(r'\s*("(?:[^"\\]|\\.)*)', re.DOTALL)
# A `\\u` escape that breaks off, or the first half of a character that takes two of them.
_CUT_ESCAPE = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\u[0-9a-fA-F]{0,3})?$"
)
_CLOSER = {"{": "}", "[": "]"}


def parse_partial_json(s: str, *, strict: bool = False) -> Any:
    """Parse JSON text, or the longest part of it that closing the open brackets makes valid.

    An unfinished text value is returned as far as it goes; an unfinished key, number exponent or
    literal is dropped. Linear in the length of `s`.

    Args:
        s: JSON text that may break off anywhere.
        strict: Whether control characters inside of texts are errors.

    Raises:
        json.JSONDecodeError: If `s` is wrong rather than unfinished, or holds nothing yet.

    Example:
        >>> parse_partial_json('{"city": "Par')
        {'city': 'Par'}
    """
    try:
        return json.loads(s, strict=strict)
    except json.JSONDecodeError:
        completed = _complete(s)
        if completed is None:
            raise
        return json.loads(completed, strict=strict)


def _complete(s: str) -> str | None:
    """Cut `s` after its last usable token and close what is open there."""
    closers: list[str] = []
    expected = "value"
    position = 0
    cut: str | None = None
    while match := _TOKEN.match(s, position):
        mark = match["mark"]
        if mark is None:
            if expected in {"key", "first key"} and match["text"]:
                expected = "colon"
                position = match.end()
                continue
            if expected not in {"value", "first value"}:
                break
            expected = "comma"
        elif mark in _CLOSER:
            if expected not in {"value", "first value"}:
                break
            closers.append(_CLOSER[mark])
            expected = "first key" if mark == "{" else "first value"
        elif mark in "}]":
            if not closers or closers[-1] != mark:
                break
            if expected not in {"comma", "first key", "first value"}:
                break
            closers.pop()
            expected = "comma"
        elif mark == "," and expected == "comma" and closers:
            expected = "key" if closers[-1] == "}" else "value"
            position = match.end()
            continue
        elif mark == ":" and expected == "colon":
            expected = "value"
            position = match.end()
            continue
        else:
            break
        position = match.end()
        cut = s[:position]
    if expected in {"value", "first value"} and (text := _OPEN_TEXT.match(s, position)):
        if s[text.end() :] in {"", "\\"}:
            return s[:position] + _closed_text(text[1]) + "".join(reversed(closers))
    if cut is None or _changes_depth(s[position:], closers):
        return None
    return cut + "".join(reversed(closers))


def _closed_text(opened: str) -> str:
    return _CUT_ESCAPE.sub(r"\1", opened) + '"'


def _changes_depth(rest: str, closers: list[str]) -> bool:
    """Tell whether the part that is dropped opens or closes brackets of the part that is kept."""
    pending: list[str] = []
    for match in _STRUCTURE.finditer(rest):
        token = match[0]
        if token in _CLOSER:
            pending.append(_CLOSER[token])
        elif token in {"}", "]"} and (not pending or pending.pop() != token):
            return True
    return bool(pending)
