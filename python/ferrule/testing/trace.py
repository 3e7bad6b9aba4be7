"""What was heard, as a list of events and as a tree of runs; and what must be true of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

__all__ = ["RecordedEvent", "RecordedRun", "Trace"]

_ENDINGS = ("_start", "_end", "_error")


@dataclass(frozen=True)
class RecordedEvent:
    """One call of a hook."""

    event: str
    """The hook's name."""
    payload: tuple[Any, ...]
    """The positional arguments."""
    details: dict[str, Any]
    """The keyword arguments."""
    thread: int
    """The ident of the thread in which the hook was called."""

    @property
    def run_id(self) -> UUID:
        """The id of the run that the event happened to."""
        run_id: UUID = self.details["run_id"]
        return run_id

    @property
    def moment(self) -> str | None:
        """`start`, `end` or `error`; None for what happens in between."""
        return next((end[1:] for end in _ENDINGS if self.event.endswith(end)), None)


@dataclass
class RecordedRun:
    """A run, as its events tell of it."""

    id: UUID
    name: str
    kind: str
    """`chain`, `chat_model`, `llm`, `tool` or `retriever`."""
    parent_id: UUID | None
    tags: list[str]
    metadata: dict[str, Any]
    inputs: Any
    outputs: Any = None
    error: BaseException | None = None
    outcome: str = "open"
    """`open`, `end` or `error`."""
    children: list[RecordedRun] = field(default_factory=list)


class Trace:
    """Events in the order in which they were heard.

    Thread-safe. Iterating gives the events.
    """

    def __init__(self) -> None:
        self.events: list[RecordedEvent] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[RecordedEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def add(self, event: str, payload: tuple[Any, ...], details: dict[str, Any]) -> None:
        """Append an event."""
        with self._lock:
            self.events.append(RecordedEvent(event, payload, details, threading.get_ident()))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.events.clear()

    @property
    def names(self) -> list[str]:
        """The hooks that were called, in order."""
        return [event.event for event in self.events]

    @property
    def runs(self) -> dict[UUID, RecordedRun]:
        """All runs by id, in order of their start."""
        return self._replay()[0]

    @property
    def roots(self) -> list[RecordedRun]:
        """The runs whose parent was not heard of, in order of their start."""
        runs = self.runs
        return [run for run in runs.values() if run.parent_id not in runs]

    def tree(self) -> str:
        """Draw the runs, one per line, children indented below their parent.

        A run that failed is followed by its error, one that has not ended by `open`.
        """
        return "\n".join(line for root in self.roots for line in _lines(root, 0))

    def assert_all_runs_ended(self) -> None:
        """Check that each run that started ended once, its children before it.

        Raises:
            AssertionError: With a line for each run of which this is not true, and the tree.
        """
        runs, faults = self._replay()
        faults += [
            f"{run.name} [{run.kind}] {run.id} never ended"
            for run in runs.values()
            if run.outcome == "open"
        ]
        if faults:
            raise AssertionError("\n".join([*faults, "", self.tree()]))

    def _replay(self) -> tuple[dict[UUID, RecordedRun], list[str]]:
        """Go through the events once; note the runs, and what is wrong with their ends."""
        runs: dict[UUID, RecordedRun] = {}
        faults: list[str] = []
        for event in tuple(self.events):
            moment = event.moment
            if moment == "start":
                if event.run_id in runs:
                    faults.append(f"{_name(event)} {event.run_id} started twice")
                    continue
                run = runs[event.run_id] = _started(event)
                if (parent := runs.get(run.parent_id)) is not None:  # type: ignore[arg-type]
                    parent.children.append(run)
                    if parent.outcome != "open":
                        faults.append(
                            f"{run.name} [{run.kind}] {run.id} started after its parent ended"
                        )
            elif moment is not None:
                faults += _end(runs.get(event.run_id), event, moment)
        return runs, faults


def _started(event: RecordedEvent) -> RecordedRun:
    details = event.details
    inputs = details.get("inputs") if event.event == "on_tool_start" else None
    return RecordedRun(
        id=event.run_id,
        name=_name(event),
        kind=event.event.removeprefix("on_").removesuffix("_start"),
        parent_id=details.get("parent_run_id"),
        tags=details.get("tags") or [],
        metadata=details.get("metadata") or {},
        inputs=event.payload[1] if inputs is None else inputs,
    )


def _end(run: RecordedRun | None, event: RecordedEvent, moment: str) -> list[str]:
    if run is None:
        return [f"{event.event} of {event.run_id}, which never started"]
    about = f"{run.name} [{run.kind}] {run.id}"
    if run.outcome != "open":
        return [f"{about} ended twice"]
    run.outcome = moment
    if moment == "error":
        run.error = event.payload[0]
    else:
        run.outputs = event.payload[0]
    return [
        f"{about} ended before its child {child.name} [{child.kind}] {child.id}"
        for child in run.children
        if child.outcome == "open"
    ]


def _name(event: RecordedEvent) -> str:
    serialized = event.payload[0] or {}
    name: str = event.details.get("name") or serialized.get("name") or "Unnamed"
    return name


def _lines(run: RecordedRun, depth: int) -> Iterator[str]:
    ending = {"open": " open", "error": f" {run.error!r}", "end": ""}[run.outcome]
    yield f"{'  ' * depth}{run.name} [{run.kind}]{ending}"
    for child in run.children:
        yield from _lines(child, depth + 1)
