"""What a test can make the server answer: messages and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.loopback.disturbances import Disturbance, Failure, passing

Block: TypeAlias = dict[str, Any]


def text(value: str, **fields: Any) -> Block:
    """A text block."""
    return {"type": "text", "text": value, **fields}


def tool_use(name: str, arguments: dict[str, Any] | str, *, id: str = "toolu_01") -> Block:
    """A block that asks the caller to run a tool; arguments as text are streamed as they are."""
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def thinking(value: str, *, signature: str = "c2lnbmVk") -> Block:
    """A signed block of reasoning."""
    return {"type": "thinking", "thinking": value, "signature": signature}


@dataclass(frozen=True)
class Answer:
    """An assistant message, sent as JSON or as events, whichever the request asks for.

    Attributes:
        content: Content blocks in wire form.
        stop_reason: Default: `tool_use` when a block asks for a tool, else `end_turn`.
        stop_sequence: The stop sequence that was met, if any.
        usage: Overrides of the token counts that the server computes.
        pieces: Exact pieces in which the deltas of the first text block are streamed.
    """

    content: tuple[Block, ...]
    stop_reason: str = ""
    stop_sequence: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    pieces: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The stop reason on the wire."""
        asks = any(block["type"] == "tool_use" for block in self.content)
        return self.stop_reason or ("tool_use" if asks else "end_turn")


def says(*content: str | Block, **fields: Any) -> Answer:
    """An answer from strings (text blocks) and blocks."""
    return Answer(tuple(text(c) if isinstance(c, str) else c for c in content), **fields)


def invalid_request(message: str) -> Failure:
    """400: the request breaks a rule."""
    return Failure(400, "invalid_request_error", message)


def authentication_failed() -> Failure:
    """401: no key, or a key that the server doesn't know."""
    return Failure(401, "authentication_error", "invalid x-api-key")


def not_found(what: str) -> Failure:
    """404: an unknown path or model."""
    return Failure(404, "not_found_error", what)


def rate_limited(*, retry_after: float = 0.01) -> Failure:
    """429: too many requests; says how many seconds to wait."""
    message = "Number of requests has exceeded your rate limit"
    return passing(429, "rate_limit_error", message, retry_after)


def internal_error(*, retry_after: float = 0.01) -> Failure:
    """500: the service broke."""
    return passing(500, "api_error", "Internal server error", retry_after)


def overloaded(*, retry_after: float = 0.01) -> Failure:
    """529: the service has no capacity."""
    return passing(529, "overloaded_error", "Overloaded", retry_after)


Scripted: TypeAlias = Answer | Disturbance
