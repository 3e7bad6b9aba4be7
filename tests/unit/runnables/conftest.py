"""What the tests of runnables share: running a coroutine, and recording handlers."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.testing import RecordingHandler


@pytest.fixture
def run():
    """Run a coroutine in a loop of its own."""
    return asyncio.run


@pytest.fixture
def heard():
    """A handler that records; every run that it heard of must have ended."""
    handler = RecordingHandler()
    yield handler
    handler.assert_all_runs_ended()


async def collect(stream):
    """Read an async stream to its end."""
    return [item async for item in stream]
