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

_VALUES = ("value", "first value")
_KEYS = ("key", "first key")
# What is expected after a token, by the token and by what was expected before it.
_EXPECTED_AFTER: dict[str, dict[str, str]] = {
    "{": dict.fromkeys(_VALUES, "first key"),
    "[": dict.fromkeys(_VALUES, "first value"),
    "}": {"comma": "comma", "first key": "comma"},
    "]": {"comma": "comma", "first value": "comma"},
    ":": {"colon": "value"},
    ",": {"comma": "value"},
    "text": {**dict.fromkeys(_VALUES, "comma"), **dict.fromkeys(_KEYS, "colon")},
    "scalar": dict.fromkeys(_VALUES, "comma"),
}
# Where the text may end once the open brackets are closed.
_MAY_END = frozenset({"comma", "first key", "first value"})


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
    expected, position, cut = "value", 0, 0
    while match := _TOKEN.match(s, position):
        mark = match["mark"] or str(match.lastgroup)
        following = _EXPECTED_AFTER[mark].get(expected)
        if following is None:
            break
        if mark in _CLOSER:
            closers.append(_CLOSER[mark])
        elif mark in {"}", "]"}:
            if not closers or closers.pop() != mark:
                return None
        elif mark == ",":
            if not closers:
                break
            following = "key" if closers[-1] == "}" else "value"
        expected, position = following, match.end()
        if expected in _MAY_END:
            cut = position
    ending = "".join(reversed(closers))
    text = _OPEN_TEXT.match(s, position) if expected in _VALUES else None
    if text is not None and s[text.end() :] in {"", "\\"}:
        return s[:position] + _closed_text(text[1]) + ending
    return s[:cut] + ending if cut and not _changes_depth(s[position:]) else None


def _closed_text(opened: str) -> str:
    return _CUT_ESCAPE.sub(r"\1", opened) + '"'


def _changes_depth(rest: str) -> bool:
    """Tell whether the part that is dropped opens or closes brackets of the part that is kept."""
    pending: list[str] = []
    for match in _STRUCTURE.finditer(rest):
        token = match[0]
        if token in _CLOSER:
            pending.append(_CLOSER[token])
        elif token in {"}", "]"} and (not pending or pending.pop() != token):
            return True
    return bool(pending)
