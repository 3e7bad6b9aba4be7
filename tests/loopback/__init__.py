"""A server on 127.0.0.1 that speaks the Messages API: requests are judged, answers are scripted.

`server.py` owns sockets and threads, `answers.py` what a test can script, `events.py` the
server-sent events of an answer, `rules.py` which requests the API refuses.
"""

from __future__ import annotations

from .answers import (
    Answer,
    Dropped,
    Failure,
    Held,
    StreamFailure,
    authentication_failed,
    internal_error,
    invalid_request,
    not_found,
    overloaded,
    rate_limited,
    says,
    text,
    thinking,
    tool_use,
)
from .server import LoopbackServer, Recorded

__all__ = [
    "Answer",
    "Dropped",
    "Failure",
    "Held",
    "LoopbackServer",
    "Recorded",
    "StreamFailure",
    "authentication_failed",
    "internal_error",
    "invalid_request",
    "not_found",
    "overloaded",
    "rate_limited",
    "says",
    "text",
    "thinking",
    "tool_use",
]
