"""Reading JSON that is still being streamed."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

__all__ = ["parse_partial_json"]

_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*'
"""A text up to its closing quote, which is looked for by hand: were it part of the pattern, a text
that is still open would be gone through backwards, too."""
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<mark>[{{}}\[\],:])
      | (?P<text>{_TEXT})
      | (?P<scalar>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)
    )""",
    re.VERBOSE | re.DOTALL,
)
_STRUCTURE = re.compile(rf'{_TEXT}"?|[{{}}\[\]]', re.DOTALL)
_BEGUN = re.compile(r"\s*[{\[]")
_decoder = json.JSONDecoder(strict=False)
# A `\\u` escape that breaks off, or the first half of a character that takes two of them.
_CUT_ESCAPE = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\u[0-9a-fA-F]{0,3})?$"
)
_LONGEST_CUT = 12
"""More characters than a cut escape has."""
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
    "open text": dict.fromkeys(_VALUES, "comma"),
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
    if not _is_open(s):
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(s, strict=strict)
    completed = _complete(s)
    return json.loads(s if completed is None else completed, strict=strict)


def _is_open(s: Any) -> bool:
    """Tell whether `s` begins an object or array that it does not end, by its two ends alone."""
    if not isinstance(s, str):
        return False  # the parser says what is wrong with it
    trimmed = s.strip()
    closer = _CLOSER.get(trimmed[:1])
    return closer is not None and not trimmed.endswith(closer)


def _complete(s: str) -> str | None:
    """Cut `s` after its last usable token and close what is open there."""
    closers: list[str] = []
    expected, position, cut = "value", 0, 0
    while token := _next_token(s, position, is_nested=bool(closers)):
        mark, end = token
        following = _EXPECTED_AFTER[mark].get(expected)
        if following is None:
            break
        if mark == "open text":
            return s[:position] + _closed_text(s[position:end]) + _ending(closers)
        if mark in _CLOSER:
            closers.append(_CLOSER[mark])
        elif mark in {"}", "]"}:
            if not closers or closers.pop() != mark:
                return None
        elif mark == ",":
            if not closers:
                break
            following = "key" if closers[-1] == "}" else "value"
        expected, position = following, end
        if expected in _MAY_END:
            cut = position
    return s[:cut] + _ending(closers) if cut and not _changes_depth(s[position:]) else None


def _next_token(s: str, position: int, *, is_nested: bool) -> tuple[str, int] | None:
    """The next token's kind and where it ends; a whole object or array in another one is one."""
    begun = _BEGUN.match(s, position) if is_nested else None
    if begun is not None and (end := _end_of_whole(s, begun.end() - 1)):
        return "scalar", end
    match = _TOKEN.match(s, position)
    if match is None:
        return None
    end = match.end()
    if match.lastgroup == "text":
        return ("text", end + 1) if s.startswith('"', end) else ("open text", end)
    return match["mark"] or "scalar", end


def _end_of_whole(s: str, position: int) -> int | None:
    try:
        return _decoder.raw_decode(s, position)[1]
    except ValueError:
        return None


def _ending(closers: list[str]) -> str:
    return "".join(reversed(closers))


def _closed_text(opened: str) -> str:
    has_escape = "\\" in opened[-_LONGEST_CUT:]
    return (_CUT_ESCAPE.sub(r"\1", opened) if has_escape else opened) + '"'


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
