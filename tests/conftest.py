"""What every test runs under: no network but loopback, no leftovers of event loops.

Also the two fixtures that tests of memory and documentation share.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A developer's keys and tracing switches must change no result.
for _name in list(os.environ):
    if _name.startswith(("ANTHROPIC_", "LANGCHAIN_", "LANGSMITH_", "OPENAI_")):
        del os.environ[_name]

settings.register_profile("fast", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=300,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


# ------------------------------------------------------------------------------- sockets


def _is_local(host: Any) -> bool:
    """Tell whether a host is this machine; a host is text, bytes or None."""
    text = host.decode() if isinstance(host, bytes) else host
    if text in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _refuse(what: str, target: Any) -> None:
    msg = f"a test tried to {what} {target!r}; tests may use loopback addresses only"
    raise RuntimeError(msg)


class _LoopbackSocket(socket.socket):
    """A socket that connects and sends to this machine only."""

    __slots__ = ()

    def _check(self, address: Any) -> None:
        is_network = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_network and not _is_local(address[0]):
            _refuse("reach", address)

    def connect(self, address: Any) -> None:
        self._check(address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        self._check(address)
        return super().connect_ex(address)

    def sendto(self, data: Any, *flags_and_address: Any) -> int:
        self._check(flags_and_address[-1])
        return super().sendto(data, *flags_and_address)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse name look-ups and connections that leave this machine."""
    resolve = socket.getaddrinfo

    def resolve_locally(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            _refuse("look up", host)
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", _LoopbackSocket)
        patch.setattr(socket, "getaddrinfo", resolve_locally)
        yield


# ---------------------------------------------------------------------------- event loops


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _guard_event_loops() -> Iterator[None]:
    complaints = _Records()
    logger = logging.getLogger("asyncio")
    logger.addHandler(complaints)
    yield
    logger.removeHandler(complaints)
    assert asyncio._get_running_loop() is None, "the test left its event loop running"
    assert not complaints.messages, f"asyncio complained: {complaints.messages}"


@pytest.fixture(autouse=True)
def clean_event_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a running loop, or that asyncio complains about.

    asyncio reports pending tasks that were destroyed, and exceptions that nobody retrieved,
    on its logger only.
    """
    if "make_loop_guard" in request.fixturenames:
        yield
    else:
        yield from _guard_event_loops()


@pytest.fixture
def make_loop_guard() -> Callable[[], Iterator[None]]:
    """Give the guard itself, not in force: for the test of the guard."""
    return _guard_event_loops


# --------------------------------------------------------------------------------- memory


@pytest.fixture
def assert_gc() -> Callable[..., None]:
    """Give `assert_gc(is_gone, within=5.0)`: collect until `is_gone()` is true.

    One collection is not always enough: free-threaded builds defer some releases, and an
    object that another thread is letting go of takes a moment.
    """

    def check(is_gone: Callable[[], bool], within: float = 5.0) -> None:
        deadline = time.monotonic() + within
        while not is_gone():
            gc.collect()
            if is_gone():
                return
            assert time.monotonic() < deadline, f"still alive after {within} s of collecting"
            time.sleep(0.01)

    return check
