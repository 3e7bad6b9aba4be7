"""A loopback server per test, and models that talk to it; every connection must be gone after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.hosted.providers import Provider


@pytest.fixture
def server(provider: Provider) -> Iterator[Any]:
    """The provider's API for this test alone."""
    with provider.loopback.LoopbackServer() as server:
        yield server


@pytest.fixture
def chat(provider: Provider, server: Any) -> Iterator[Callable[..., Any]]:
    """Make models for `server`; without retries unless asked for."""
    made: list[Any] = []

    def make(**settings: Any) -> Any:
        given = {"model": provider.model, "api_key": "test", "max_retries": 0, **settings}
        made.append(provider.make(base_url=provider.url(server), **given))
        return made[-1]

    yield make
    for model in made:
        model.close()
    assert server.wait_for_connections(0), "a connection was left open"
