"""Chat Completions on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.loopback.server import API_KEY, Recorded, Server, compute_sum

from . import events
from .answers import Answer, says
from .rules import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.loopback.disturbances import Failure, StreamFailure


class LoopbackServer(Server):
    """A Chat Completions API; clients take `server.url + "/v1"` as their base URL.

    Example:
        >>> with LoopbackServer() as server:
        ...     server.script(says("Hello"))
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    request_id_header = "x-request-id"

    def judge(self, request: Recorded) -> Failure | None:
        return judge(request.path, request.headers, request.body, api_key=API_KEY)

    def answer_sum(self, body: dict[str, Any]) -> Answer:
        return says(compute_sum(body["messages"][-1]["content"]))

    def error_body(self, failure: Failure, request_id: str) -> dict[str, Any]:
        return {"error": _error(failure)}

    def message(self, answer: Answer, body: dict[str, Any], number: int) -> dict[str, Any]:
        return events.completion(answer, body, f"chatcmpl-{number:024}")

    def events(self, answer: Answer, body: dict[str, Any], number: int) -> Iterator[bytes]:
        return events.stream(answer, body, f"chatcmpl-{number:024}")

    def error_event(self, failure: StreamFailure) -> bytes:
        return events.encode({"error": _error(failure)})


def _error(failure: Failure | StreamFailure) -> dict[str, Any]:
    return {"message": failure.message, "type": failure.kind, "param": None, "code": None}
