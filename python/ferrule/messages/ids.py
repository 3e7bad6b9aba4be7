"""Where the id of a message or block comes from, and which of several ids is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LC_AUTO_PREFIX", "LC_ID_PREFIX", "best_id", "ensure_id"]

LC_AUTO_PREFIX = "lc_"
"""How ids begin that are made up for messages and blocks without one."""

LC_ID_PREFIX = "run-"
"""How ids begin that are derived from the run which made the message."""

_RUN_PREFIXES = (LC_ID_PREFIX, LC_AUTO_PREFIX + LC_ID_PREFIX)


def ensure_id(id_val: str | None) -> str:
    """Return the given id, or make one up.

    Example:
        >>> ensure_id("m1"), ensure_id(None).startswith("lc_")
        ('m1', True)
    """
    return id_val or f"{LC_AUTO_PREFIX}{uuid4()}"


def best_id(ids: Iterable[str | None]) -> str | None:
    """Return the first id of the best origin: provider, then run, then made up.

    Example:
        >>> best_id([None, "run-1", "msg_1", "msg_2"])
        'msg_1'
    """
    best: str | None = None
    best_rank = -1
    for candidate in ids:
        if not candidate:
            continue
        if candidate.startswith(_RUN_PREFIXES):
            rank = 1
        elif candidate.startswith(LC_AUTO_PREFIX):
            rank = 0
        else:
            return candidate
        if rank > best_rank:
            best, best_rank = candidate, rank
    return best
