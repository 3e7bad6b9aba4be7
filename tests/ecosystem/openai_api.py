"""A server on 127.0.0.1 that answers OpenAI's chat completions with scripted messages."""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 5,
    "total_tokens": 16,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


class OpenAIServer:
    """Answers each request with the next scripted message; use as a context manager.

    A message is a text, or a list of calls `(tool, arguments)`. With an empty script it is "four".
    """

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.script: deque[str | list[tuple[str, dict[str, Any]]]] = deque()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.api = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def answer(self, request: Any) -> dict[str, Any]:
        """Return the message for a request."""
        self.requests.append(request)
        said = self.script.popleft() if self.script else "four"
        if isinstance(said, str):
            return {"role": "assistant", "content": said}
        calls = [
            {
                "id": f"call_{index}",
                "index": index,
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for index, (name, arguments) in enumerate(said)
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        request = json.loads(self.rfile.read(length))
        message = self.server.api.answer(request)  # type: ignore[attr-defined]
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        self.send_response(200)
        if request.get("stream"):
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for chunk in _chunks(message, reason):
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")
            return
        body = _envelope("chat.completion")
        body["choices"] = [{"index": 0, "message": message, "finish_reason": reason}]
        body["usage"] = USAGE
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _envelope(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "gpt-4o-mini"}


def _chunks(message: dict[str, Any], reason: str) -> Iterator[dict[str, Any]]:
    text = message.get("content") or ""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": part} for part in text]
    if message.get("tool_calls"):
        deltas.append({"role": "assistant", "tool_calls": message["tool_calls"]})
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield {**_envelope("chat.completion.chunk"), "choices": [choice]}
    end = {"index": 0, "delta": {}, "finish_reason": reason}
    yield {**_envelope("chat.completion.chunk"), "choices": [end]}
    yield {**_envelope("chat.completion.chunk"), "choices": [], "usage": USAGE}
