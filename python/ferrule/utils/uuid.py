"""Ids that sort by the time at which they were made."""

from __future__ import annotations

import secrets
from uuid import UUID

from ferrule import _core

__all__ = ["uuid7"]

_NANOSECONDS_PER_MILLISECOND = 1_000_000
_RANDOM_BITS = 74


def uuid7(nanoseconds: int | None = None) -> UUID:
    """Make an id (RFC 9562, version 7).

    Args:
        nanoseconds: The time since 1970 to make it for, instead of now. Several ids of one
            millisecond are in random order then, while ids of now strictly increase.

    Example:
        >>> uuid7(0) < uuid7(1_000_000) < uuid7() < uuid7()
        True
    """
    if nanoseconds is None:
        return _core.uuid7()
    random = secrets.randbits(_RANDOM_BITS)
    milliseconds = nanoseconds // _NANOSECONDS_PER_MILLISECOND
    version, variant = 7 << 76, 2 << 62
    high, low = random >> 62, random & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | version | high << 64 | variant | low)
