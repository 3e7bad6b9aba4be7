"""The scripted answers of fake models, given in turn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["next_line"]

Line = TypeVar("Line")

# One lock for all fakes: a lock of its own would keep a model from being copied or pickled.
_turn = threading.Lock()


class Scripted(Protocol):
    """A fake model that remembers whose turn it is."""

    i: int


def next_line(model: Scripted, lines: Sequence[Line]) -> Line:
    """Return the line whose turn it is, and move on; after the last comes the first.

    Raises:
        ValueError: If there are no lines.
    """
    if not lines:
        msg = f"{type(model).__name__} has nothing to say: pass some responses."
        raise ValueError(msg)
    with _turn:
        turn = model.i
        line = lines[turn]
        following = (turn + 1) % len(lines)
        if following != turn:
            model.i = following
    return line
