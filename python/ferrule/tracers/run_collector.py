"""Keep finished root runs in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from ferrule.tracers.base import BaseTracer

if TYPE_CHECKING:
    from ferrule.tracers.run_tree import Run

__all__ = ["RunCollectorCallbackHandler"]


class RunCollectorCallbackHandler(BaseTracer):
    """Collect each root run, with its children, when it has ended.

    Attributes:
        traced_runs: What was collected, in order of the runs' ends.
    """

    name: str = "run-collector_callback_handler"

    def __init__(self, example_id: UUID | str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example_id = UUID(example_id) if isinstance(example_id, str) else example_id
        self.traced_runs: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        run.reference_example_id = self.example_id
        self.traced_runs.append(run)
