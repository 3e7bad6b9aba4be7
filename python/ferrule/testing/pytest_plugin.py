"""Fixtures for tests of code that uses ferrule.

Make them known in the `conftest.py` at the root of your tests:

    pytest_plugins = ["ferrule.testing.pytest_plugin"]

A test then asks for `recording_handler` or `async_recording_handler`, passes it as a callback,
and looks at its `trace`. When the test is over, each run that its handler heard of must have
ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ferrule.testing.recording import AsyncRecordingHandler, RecordingHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["async_recording_handler", "recording_handler"]


@pytest.fixture
def recording_handler() -> Iterator[RecordingHandler]:
    """A handler that records every event; checks at the end that every run has ended."""
    handler = RecordingHandler()
    yield handler
    handler.assert_all_runs_ended()


@pytest.fixture
def async_recording_handler() -> Iterator[AsyncRecordingHandler]:
    """The same with hooks that are coroutines."""
    handler = AsyncRecordingHandler()
    yield handler
    handler.assert_all_runs_ended()
