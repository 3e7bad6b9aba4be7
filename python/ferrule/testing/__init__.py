"""For tests of code that uses ferrule: handlers that record what they hear.

`ferrule.testing.pytest_plugin` has fixtures for pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.testing.recording import (
        AsyncRecordingHandler as AsyncRecordingHandler,
        RecordingHandler as RecordingHandler,
    )
    from ferrule.testing.trace import (
        RecordedEvent as RecordedEvent,
        RecordedRun as RecordedRun,
        Trace as Trace,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".recording": "AsyncRecordingHandler RecordingHandler",
            ".trace": "RecordedEvent RecordedRun Trace",
        },
    )
