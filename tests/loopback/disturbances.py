"""What can go wrong on the way, for either API: refusals, broken and slow connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Failure:
    """A refusal with an HTTP status; the API decides how its body says kind and message."""

    status: int
    kind: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dropped:
    """The connection ends after `after` events (half the body, for a JSON answer).

    `clean` ends the transfer as if it were whole, which only the missing end of the answer gives
    away.
    """

    answer: Any
    after: int = 4
    clean: bool = False


@dataclass(frozen=True)
class StreamFailure:
    """An error event after `after` events of a stream."""

    answer: Any
    after: int = 4
    kind: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True)
class Held:
    """The answer stops after `after` events (0: before the headers) until `release()` is called.

    The server gives up when the client goes away or the server is closed.
    """

    answer: Any
    after: int = 0


Disturbance: TypeAlias = Failure | Dropped | StreamFailure | Held


def passing(status: int, kind: str, message: str, retry_after: float) -> Failure:
    """A failure that says after how many seconds to try again."""
    return Failure(status, kind, message, {"retry-after": str(retry_after)})
