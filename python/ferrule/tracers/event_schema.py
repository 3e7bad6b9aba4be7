"""The shape of the events that `astream_events` yields."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from typing_extensions import NotRequired, TypedDict

__all__ = ["CustomStreamEvent", "EventData", "StandardStreamEvent", "StreamEvent"]


class EventData(TypedDict, total=False):
    """What an event is about."""

    input: Any
    """What the run was given: at its start, if it is known by then, and at its end."""
    output: Any
    """What the run returned, at its end."""
    chunk: Any
    """A piece of its output, as it was streamed."""
    error: NotRequired[BaseException]
    """Why a tool failed."""
    tool_call_id: NotRequired[str | None]
    """Which tool call the tool that failed was answering."""


class BaseStreamEvent(TypedDict):
    """What all events have."""

    event: str
    """`on_<type>_start`, `on_<type>_stream` or `on_<type>_end` of a run of this type: `chain`,
    `prompt`, `parser`, `llm`, `chat_model`, `tool` or `retriever`; `on_tool_error`; or
    `on_custom_event`."""
    run_id: str
    """The id of the run, or of the run that sent a custom event."""
    tags: NotRequired[list[str]]
    """The run's tags."""
    metadata: NotRequired[dict[str, Any]]
    """The run's metadata."""
    parent_ids: list[str]
    """The ids of the runs around it, from the outermost one down."""


class StandardStreamEvent(BaseStreamEvent):
    """Something that happened to a run."""

    data: EventData
    """What it is about."""
    name: str
    """The run's name."""


class CustomStreamEvent(BaseStreamEvent):
    """Something that was sent with `adispatch_custom_event` or `dispatch_custom_event`."""

    event: Literal["on_custom_event"]  # type: ignore[misc]  # one of the names that `event` may have
    name: str
    """The name that the sender chose."""
    data: Any
    """The data that the sender passed."""


StreamEvent: TypeAlias = StandardStreamEvent | CustomStreamEvent
