"""What was heard: records of runs, and handlers that make something of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.tracers.base import AsyncBaseTracer, BaseTracer
    from ferrule.tracers.context import collect_runs
    from ferrule.tracers.log_stream import LogStreamCallbackHandler, RunLog, RunLogPatch
    from ferrule.tracers.run_collector import RunCollectorCallbackHandler
    from ferrule.tracers.run_tree import Run
    from ferrule.tracers.stdout import ConsoleCallbackHandler, FunctionCallbackHandler

__all__ = [
    "AsyncBaseTracer",
    "BaseTracer",
    "ConsoleCallbackHandler",
    "FunctionCallbackHandler",
    "LogStreamCallbackHandler",
    "Run",
    "RunCollectorCallbackHandler",
    "RunLog",
    "RunLogPatch",
    "collect_runs",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "AsyncBaseTracer": ".base",
        "BaseTracer": ".base",
        "ConsoleCallbackHandler": ".stdout",
        "FunctionCallbackHandler": ".stdout",
        "LogStreamCallbackHandler": ".log_stream",
        "Run": ".run_tree",
        "RunCollectorCallbackHandler": ".run_collector",
        "RunLog": ".log_stream",
        "RunLogPatch": ".log_stream",
        "collect_runs": ".context",
    },
)
