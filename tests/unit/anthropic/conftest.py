"""A loopback server per test, and models that talk to it; every connection must be gone after."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.loopback import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ferrule.anthropic import ChatAnthropic

if find_spec("anthropic") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A Messages API for this test alone."""
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def chat(server: LoopbackServer) -> Iterator[Callable[..., ChatAnthropic]]:
    """Make models for `server`; without retries unless asked for."""
    from ferrule.anthropic import ChatAnthropic  # noqa: PLC0415  the SDK may be absent

    made: list[ChatAnthropic] = []

    def make(**settings: Any) -> ChatAnthropic:
        given = {"model": "claude-test", "api_key": "test", "max_retries": 0, **settings}
        made.append(ChatAnthropic(base_url=server.url, **given))
        return made[-1]

    yield make
    for model in made:
        model.close()
    assert server.wait_for_connections(0), "a connection was left open"
