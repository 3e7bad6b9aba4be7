"""What was heard: records of runs, and handlers that make something of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.tracers.base import AsyncBaseTracer as AsyncBaseTracer, BaseTracer as BaseTracer
    from ferrule.tracers.context import collect_runs as collect_runs
    from ferrule.tracers.log_stream import (
        LogStreamCallbackHandler as LogStreamCallbackHandler,
        RunLog as RunLog,
        RunLogPatch as RunLogPatch,
    )
    from ferrule.tracers.run_collector import (
        RunCollectorCallbackHandler as RunCollectorCallbackHandler,
    )
    from ferrule.tracers.run_tree import Run as Run
    from ferrule.tracers.stdout import (
        ConsoleCallbackHandler as ConsoleCallbackHandler,
        FunctionCallbackHandler as FunctionCallbackHandler,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": "AsyncBaseTracer BaseTracer",
            ".context": "collect_runs",
            ".log_stream": "LogStreamCallbackHandler RunLog RunLogPatch",
            ".run_collector": "RunCollectorCallbackHandler",
            ".run_tree": "Run",
            ".stdout": "ConsoleCallbackHandler FunctionCallbackHandler",
        },
    )
