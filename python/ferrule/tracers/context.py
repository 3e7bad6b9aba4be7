"""Tracing of whatever runs inside a block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ferrule.callbacks.ambient import AmbientHandlers
from ferrule.callbacks.registry import register_configure_hook
from ferrule.tracers.run_collector import RunCollectorCallbackHandler

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["collect_runs", "register_configure_hook"]

_collectors = AmbientHandlers("ferrule_run_collector", inheritable=False)


@contextmanager
def collect_runs() -> Generator[RunCollectorCallbackHandler, None, None]:
    """Collect the root runs, with their children, that end inside a `with` block.

    Blocks may be nested: each collects what runs inside it.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> with collect_runs() as collected:
        ...     _ = RunnableLambda(abs).invoke(-1, {"run_name": "absolute"})
        >>> [(run.name, run.outputs) for run in collected.traced_runs]
        [('absolute', {'output': 1})]
    """
    handler = RunCollectorCallbackHandler()
    with _collectors.installed(handler):
        yield handler
