"""What a test can make the server answer: messages, failures, broken and slow connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

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


@dataclass(frozen=True)
class Failure:
    """A refusal with an HTTP status and the API's error body."""

    status: int
    kind: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body of the refusal."""
        error = {"type": self.kind, "message": self.message}
        return {"type": "error", "error": error, "request_id": request_id}


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
    return Failure(
        429,
        "rate_limit_error",
        "Number of requests has exceeded your rate limit",
        {"retry-after": str(retry_after)},
    )


def internal_error(*, retry_after: float = 0.01) -> Failure:
    """500: the service broke."""
    headers = {"retry-after": str(retry_after)}
    return Failure(500, "api_error", "Internal server error", headers)


def overloaded(*, retry_after: float = 0.01) -> Failure:
    """529: the service has no capacity."""
    return Failure(529, "overloaded_error", "Overloaded", {"retry-after": str(retry_after)})


@dataclass(frozen=True)
class Dropped:
    """The connection ends after `after` events (half the body, for a JSON answer).

    `clean` ends the transfer as if it were whole, which only the missing `message_stop` gives away.
    """

    answer: Answer
    after: int = 4
    clean: bool = False


@dataclass(frozen=True)
class StreamFailure:
    """An `error` event after `after` events of a stream."""

    answer: Answer
    after: int = 4
    kind: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True)
class Held:
    """The answer stops after `after` events (0: before the headers) until `release()` is called.

    The server gives up when the client goes away or the server is closed.
    """

    answer: Answer
    after: int = 0


Scripted: TypeAlias = Answer | Failure | Dropped | StreamFailure | Held
