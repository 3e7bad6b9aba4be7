"""OpenAI's Chat Completions: requests are judged, answers are scripted.

`answers.py` has what a test can script, `events.py` the server-sent events of an answer,
`rules.py` which requests the API refuses.
"""

from __future__ import annotations

from .answers import (
    Answer,
    authentication_failed,
    internal_error,
    invalid_request,
    not_found,
    rate_limited,
    says,
    tool_call,
)
from .server import LoopbackServer

__all__ = [
    "Answer",
    "LoopbackServer",
    "authentication_failed",
    "internal_error",
    "invalid_request",
    "not_found",
    "rate_limited",
    "says",
    "tool_call",
]
