"""What a test can make the server answer: completions and refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.loopback.disturbances import Disturbance, Failure, passing

Call: TypeAlias = dict[str, Any]


def tool_call(name: str, arguments: dict[str, Any] | str, *, id: str = "call_01") -> Call:
    """A call of a tool; arguments as text are sent as they are."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": text}}


@dataclass(frozen=True)
class Answer:
    """A completion, sent as JSON or as events, whichever the request asks for.

    Attributes:
        content: The text; None when there is none.
        tool_calls: Calls in wire form.
        finish_reason: Default: `tool_calls` when there are some, else `stop`.
        usage: Overrides of the token counts that the server computes.
        pieces: Exact pieces in which the text is streamed.
        message: Further fields of the message, such as `refusal`.
        fields: Further fields of the completion, such as `service_tier`.
    """

    content: str | None
    tool_calls: tuple[Call, ...] = ()
    finish_reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    pieces: tuple[str, ...] = ()
    message: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The finish reason on the wire."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")


def says(*content: str | Call, **fields: Any) -> Answer:
    """An answer from at most one string (the text) and calls."""
    texts = [part for part in content if isinstance(part, str)]
    calls = tuple(part for part in content if not isinstance(part, str))
    (text,) = texts or [None]
    return Answer(text, calls, **fields)


def invalid_request(message: str) -> Failure:
    """400: the request breaks a rule."""
    return Failure(400, "invalid_request_error", message)


def authentication_failed() -> Failure:
    """401: no key, or a key that the server doesn't know."""
    return Failure(401, "invalid_request_error", "Incorrect API key provided")


def not_found(what: str) -> Failure:
    """404: an unknown path or model."""
    return Failure(404, "invalid_request_error", what)


def rate_limited(*, retry_after: float = 0.01) -> Failure:
    """429: too many requests; says how many seconds to wait."""
    return passing(429, "requests", "Rate limit reached for requests", retry_after)


def internal_error(*, retry_after: float = 0.01) -> Failure:
    """500: the service broke."""
    return passing(500, "server_error", "The server had an error", retry_after)


Scripted: TypeAlias = Answer | Disturbance
