"""Handlers that record every event."""

from __future__ import annotations

from typing import Any

from ferrule.callbacks.async_handlers import AsyncCallbackHandler
from ferrule.callbacks.handlers import BaseCallbackHandler
from ferrule.testing.trace import Trace

__all__ = ["AsyncRecordingHandler", "RecordingHandler"]

_HOOKS = tuple(name for name in dir(BaseCallbackHandler) if name.startswith("on_"))


def _records(event: str) -> Any:
    def hook(self: _Recorder, *payload: Any, **details: Any) -> None:
        self.trace.add(event, payload, details)

    hook.__name__ = event
    return hook


def _records_async(event: str) -> Any:
    async def hook(self: _Recorder, *payload: Any, **details: Any) -> None:
        self.trace.add(event, payload, details)

    hook.__name__ = event
    return hook


class _Recorder:
    """What both handlers do with their trace."""

    def __init__(self) -> None:
        self.trace = Trace()

    def assert_all_runs_ended(self) -> None:
        """Check the trace: `Trace.assert_all_runs_ended`."""
        self.trace.assert_all_runs_ended()

    def tree(self) -> str:
        """Draw the trace: `Trace.tree`."""
        return self.trace.tree()


class RecordingHandler(_Recorder, BaseCallbackHandler):
    """Record every event, of every kind of run.

    Attributes:
        trace: What was heard.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> def half(x):
        ...     return 1 / x
        >>> handler = RecordingHandler()
        >>> RunnableLambda(half).invoke(2, {"callbacks": [handler]})
        0.5
        >>> handler.trace.names
        ['on_chain_start', 'on_chain_end']
        >>> print(handler.trace.tree())
        half [chain]
        >>> handler.trace.assert_all_runs_ended()
    """


class AsyncRecordingHandler(_Recorder, AsyncCallbackHandler):
    """Record as `RecordingHandler` does, in hooks that are coroutines."""


for _hook in _HOOKS:
    setattr(RecordingHandler, _hook, _records(_hook))
    setattr(AsyncRecordingHandler, _hook, _records_async(_hook))
