"""Types of the events of `astream_events`, under the names by which langchain-core has them.

They belong to `ferrule.tracers`; models of inputs and outputs are in `inference`.
"""

from __future__ import annotations

from ferrule.tracers.event_schema import (
    BaseStreamEvent,
    CustomStreamEvent,
    EventData,
    StandardStreamEvent,
    StreamEvent,
)

__all__ = [
    "BaseStreamEvent",
    "CustomStreamEvent",
    "EventData",
    "StandardStreamEvent",
    "StreamEvent",
]
