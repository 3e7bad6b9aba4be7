"""For tests of code that uses ferrule: handlers that record what they hear.

`ferrule.testing.pytest_plugin` has fixtures for pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.testing.recording import AsyncRecordingHandler, RecordingHandler
    from ferrule.testing.trace import RecordedEvent, RecordedRun, Trace

__all__ = ["AsyncRecordingHandler", "RecordedEvent", "RecordedRun", "RecordingHandler", "Trace"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "AsyncRecordingHandler": ".recording",
        "RecordedEvent": ".trace",
        "RecordedRun": ".trace",
        "RecordingHandler": ".recording",
        "Trace": ".trace",
    },
)
