"""The HTTP side: one thread per connection, answers from a script, everything recorded.

What an API makes of requests and answers is in the folder of that API.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

from .disturbances import Dropped, Failure, Held, StreamFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

API_KEY = "test"
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.01
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived: header names in lower case, the body decoded."""

    path: str
    headers: dict[str, str]
    body: Any


class AbandonedError(Exception):
    """The client went away, or the script says to drop the connection."""


class Server(ABC):
    """An API on loopback; use as a context manager.

    Requests are judged first. A good one gets the next scripted answer, or, with an empty
    script, what `reply` makes of it; by default the sum that the last message asks for.
    """

    request_id_header: str

    def __init__(self, reply: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.requests: list[Recorded] = []
        self.reply = reply or self.answer_sum
        self._script: deque[Any] = deque()
        self._ids = count(1)
        self._released = threading.Event()
        self._state = threading.Condition()
        self._connections = 0
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.loopback = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(POLL_SECONDS,))

    @abstractmethod
    def judge(self, request: Recorded) -> Failure | None:
        """The refusal of a request, or None when the API would accept it."""

    @abstractmethod
    def answer_sum(self, body: dict[str, Any]) -> Any:
        """The answer when nothing is scripted: what `compute_sum` says."""

    @abstractmethod
    def error_body(self, failure: Failure, request_id: str) -> dict[str, Any]:
        """The JSON body of a refusal."""

    @abstractmethod
    def message(self, answer: Any, body: dict[str, Any], number: int) -> dict[str, Any]:
        """The whole answer to a request."""

    @abstractmethod
    def events(self, answer: Any, body: dict[str, Any], number: int) -> Iterator[bytes]:
        """The server-sent events of a streamed answer."""

    @abstractmethod
    def error_event(self, failure: StreamFailure) -> bytes:
        """The event that breaks a stream off."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._connections

    @property
    def bodies(self) -> list[Any]:
        """The decoded bodies of the requests so far."""
        return [request.body for request in self.requests]

    def script(self, *answers: Any) -> None:
        """Queue answers for the next requests."""
        self._script.extend(answers)

    def release(self) -> None:
        """Let held answers go on, now and later."""
        self._released.set()

    def close(self) -> None:
        """Stop listening, end open connections and wait for their threads."""
        self._released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.end_connections()
        self._http.server_close()

    def wait_for_connections(self, number: int) -> bool:
        """Whether the number of open connections becomes `number` in good time."""
        with self._state:
            return self._state.wait_for(lambda: self._connections == number, PATIENCE_SECONDS)

    def wait_for_requests(self, number: int) -> bool:
        """Whether `number` requests have arrived in good time."""
        with self._state:
            return self._state.wait_for(lambda: len(self.requests) >= number, PATIENCE_SECONDS)

    def record(self, request: Recorded) -> None:
        """Remember a request and wake whoever waits for it."""
        with self._state:
            self.requests.append(request)
            self._state.notify_all()

    def count_connection(self, change: int) -> None:
        """A connection was opened (+1) or closed (-1)."""
        with self._state:
            self._connections += change
            self._state.notify_all()

    def decide(self, request: Recorded) -> Any:
        """What the request gets."""
        refused = self.judge(request)
        if refused is not None:
            return refused
        with self._state:
            if self._script:
                return self._script.popleft()
        return self.reply(request.body)

    def next_id(self) -> int:
        """A number for the next message or request id."""
        return next(self._ids)

    def hold(self, connection: socket.socket) -> None:
        """Wait for `release()`; raise `AbandonedError` when the client goes away first."""
        while not self._released.wait(POLL_SECONDS):
            readable, _, _ = select.select([connection], [], [], 0)
            if readable and not connection.recv(1, socket.MSG_PEEK):
                raise AbandonedError


def compute_sum(content: str | list[dict[str, Any]]) -> str:
    """Say `1 + 2 = 3` to a content that asks for `1 + 2`."""
    if isinstance(content, list):
        content = " ".join(block.get("text", "") for block in content)
    asked = re.search(r"(\d+)\s*\+\s*(\d+)", content)
    if asked is None:
        return "I can only add two numbers."
    left, right = map(int, asked.groups())
    return f"{left} + {right} = {left + right}"


def words(value: str) -> list[str]:
    """`value` cut before each space, so that the pieces join to it."""
    return re.findall(r"\s*\S+|\s+", value)


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    loopback: Server

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        self.loopback.count_connection(1)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._open.discard(request)
        self.loopback.count_connection(-1)

    def end_connections(self) -> None:
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):  # its own thread or the client was faster
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    # One write per event; without this the kernel delays small ones by 40 ms.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, AbandonedError):
            self.close_connection = True

    def do_POST(self) -> None:
        loopback = self.server.loopback
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Recorded(self.path, headers, body)
        loopback.record(request)
        self._send(loopback.decide(request), body)

    def _send(self, scripted: Any, body: dict[str, Any]) -> None:
        loopback = self.server.loopback
        number = loopback.next_id()
        request_id = f"req_{number:024}"
        if isinstance(scripted, Failure):
            refusal = loopback.error_body(scripted, request_id)
            self._json(scripted.status, refusal, request_id, scripted.headers)
            return
        answer = getattr(scripted, "answer", scripted)
        if isinstance(scripted, Held) and (scripted.after == 0 or not body.get("stream")):
            loopback.hold(self.connection)
        if body.get("stream"):
            self._stream(scripted, loopback.events(answer, body, number), request_id)
        else:
            whole = loopback.message(answer, body, number)
            self._json(200, whole, request_id, {}, cut=isinstance(scripted, Dropped))

    def _json(
        self, status: int, body: Any, request_id: str, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header(self.server.loopback.request_id_header, request_id)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            raise AbandonedError

    def _stream(self, scripted: Any, planned: Iterator[bytes], request_id: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("cache-control", "no-cache")
        self.send_header(self.server.loopback.request_id_header, request_id)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in self._disturbed(scripted, planned):
            self._chunk(event)
        self._chunk(b"")

    def _disturbed(self, scripted: Any, planned: Iterator[bytes]) -> Iterator[bytes]:
        """The events that are really sent, with the scripted disturbance in its place."""
        after = getattr(scripted, "after", None)
        for sent, event in enumerate(planned):
            if sent == after and isinstance(scripted, Held):
                self.server.loopback.hold(self.connection)
            elif sent == after and isinstance(scripted, StreamFailure):
                yield self.server.loopback.error_event(scripted)
                return
            elif sent == after and isinstance(scripted, Dropped):
                if scripted.clean:
                    return
                raise AbandonedError
            yield event

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
