"""Servers on 127.0.0.1 that speak a provider's API: requests are judged, answers are scripted.

`server.py` owns sockets and threads, `disturbances.py` what can go wrong on the way; `anthropic/`
and `openai/` know one API each. The Messages API's names are also here, beside what both share.
"""

from __future__ import annotations

from .anthropic import (
    Answer,
    LoopbackServer,
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
from .disturbances import Dropped, Failure, Held, StreamFailure
from .server import API_KEY, Recorded

__all__ = [
    "API_KEY",
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
