"""The conditions that conftest.py puts every test under do hold."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import weakref
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Reserved for documentation (RFC 5737): nothing listens there, should the guard fail.
FOREIGN = "192.0.2.1"


def test_foreign_addresses_are_refused() -> None:
    """Connecting, sending and looking up names beyond this machine fails at once."""
    with socket.socket() as stream, pytest.raises(RuntimeError, match=FOREIGN):
        stream.connect((FOREIGN, 80))
    with socket.socket() as stream, pytest.raises(RuntimeError, match=FOREIGN):
        stream.connect_ex((FOREIGN, 80))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        pytest.raises(RuntimeError, match=FOREIGN),
    ):
        datagram.sendto(b"x", (FOREIGN, 80))
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)


def test_foreign_addresses_are_refused_to_asyncio() -> None:
    """An event loop's connections are refused as well."""

    async def connect() -> None:
        await asyncio.open_connection(FOREIGN, 80)

    with pytest.raises(RuntimeError, match=FOREIGN):
        asyncio.run(connect())


def test_loopback_is_open() -> None:
    """Tests can talk to servers of their own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(("localhost", server.getsockname()[1])) as client:
            client.sendall(b"x")
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(1) == b"x"


def test_keys_are_absent() -> None:
    """No key or tracing switch of the developer reaches a test."""
    prefixes = ("ANTHROPIC_", "LANGCHAIN_", "LANGSMITH_", "OPENAI_")
    assert not [name for name in os.environ if name.startswith(prefixes)]


def test_asyncio_complaints_fail_a_test(
    make_loop_guard: Callable[[], Iterator[None]],
) -> None:
    """What asyncio only logs, such as the loss of a pending task, fails the test it happened in."""
    guard = make_loop_guard()
    next(guard)

    async def lose_a_task() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "a task was lost"})

    asyncio.run(lose_a_task())
    with pytest.raises(AssertionError, match="a task was lost"):
        next(guard)


def test_assert_gc_waits_for_cycles(assert_gc: Callable[..., None]) -> None:
    """`assert_gc` sees a cycle go, and fails for an object that is kept."""

    class Node:
        pass

    node = Node()
    node.itself = node
    gone = weakref.ref(node)
    with pytest.raises(AssertionError, match="still alive"):
        assert_gc(lambda: gone() is None, within=0.0)
    del node
    gc.disable()
    try:
        assert_gc(lambda: gone() is None)
    finally:
        gc.enable()
