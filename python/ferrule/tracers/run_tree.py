"""The record of a run, as tracers keep and hand it out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

__all__ = ["Payload", "Run"]

Payload = dict[str, Any]  # named, because `dict` means a method inside of `Run`


@dataclass(eq=False)
class Run:
    """What a tracer knows of a run: complete once `end_time` is set.

    Inputs and outputs hold the objects that were reported, not copies and not serialised; a
    value that is no mapping stands under the key `input` or `output`. Runs compare by identity.

    Example:
        >>> from datetime import datetime, timezone
        >>> from uuid import UUID
        >>> run = Run(UUID(int=1), "add", "chain", datetime(2030, 1, 1, tzinfo=timezone.utc))
        >>> run.metadata["user"] = "u1"
        >>> run.dict()["extra"]
        {'metadata': {'user': 'u1'}}
    """

    id: UUID
    name: str
    run_type: str
    start_time: datetime
    inputs: Payload = field(default_factory=dict)
    parent_run_id: UUID | None = None
    serialized: Payload | None = None
    tags: list[str] = field(default_factory=list)
    extra: Payload = field(default_factory=dict)
    events: list[Payload] = field(default_factory=list)
    """What happened when: mappings with `name`, `time` and, for some, `kwargs`."""
    outputs: Payload = field(default_factory=dict)
    error: str | None = None
    """The exception's `repr`, then its traceback."""
    end_time: datetime | None = None
    child_runs: list[Run] = field(default_factory=list, repr=False)
    """In the order of their start."""
    trace_id: UUID | None = None
    """The id of the outermost run around this one that the tracer has seen."""
    dotted_order: str = ""
    """Start time and id of each run from the outermost one down: sorts as the tree is read."""
    reference_example_id: UUID | None = None

    @property
    def metadata(self) -> Payload:
        """The run's metadata: `extra["metadata"]`, made when there is none."""
        metadata: Payload = self.extra.setdefault("metadata", {})
        return metadata

    @property
    def duration(self) -> timedelta | None:
        """How long the run took; None while it is going on."""
        return None if self.end_time is None else self.end_time - self.start_time

    def model_dump(self) -> Payload:
        """Make a mapping of all fields, of the child runs, too.

        Payloads are neither copied nor converted.
        """
        made = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        made["child_runs"] = [child.model_dump() for child in self.child_runs]
        return made

    dict = model_dump

    def model_copy(self, *, update: Payload | None = None) -> Run:
        """Copy the run with some fields changed; payloads and child runs are shared."""
        return replace(self, **(update or {}))

    copy = model_copy
