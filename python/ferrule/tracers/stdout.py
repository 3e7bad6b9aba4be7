"""Show runs as a tree, line by line, while they happen."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.narration import colored
from ferrule.tracers.base import BaseTracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.tracers.run_tree import Run

__all__ = ["ConsoleCallbackHandler", "FunctionCallbackHandler"]


class FunctionCallbackHandler(BaseTracer):
    """Call a function with a line for each start and end of a run.

    The line is indented by depth, and says name, type and input, or how long the run took, its
    outcome and its output, as JSON where possible.

    Args:
        function: Takes a line, without line end; maybe from several threads.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> lines = []
        >>> show = FunctionCallbackHandler(lines.append)
        >>> RunnableLambda(abs).invoke(-1, {"callbacks": [show], "run_name": "absolute"})
        1
        >>> lines[0]
        '> absolute [chain] -1'
    """

    name: str = "function_callback_handler"

    def __init__(self, function: Callable[[str], None], **kwargs: Any) -> None:
        given: Any = function
        if not callable(given):
            msg = f"function takes lines of text, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        super().__init__(**kwargs)
        self.function_callback = function

    def _persist_run(self, run: Run) -> None:
        """Keep nothing: the lines are out."""

    def _on_run_create(self, run: Run) -> None:
        self._show(run, ">", _payload(run.inputs, "input"), "green")

    def _on_run_update(self, run: Run) -> None:
        if run.error is None:
            self._show(run, "<", f"{_elapsed(run)} ok {_payload(run.outputs, 'output')}", "blue")
        else:
            error = run.error.partition("\n")[0]
            self._show(run, "<", f"{_elapsed(run)} failed {error}", "red")

    def _show(self, run: Run, mark: str, what: str, color: str) -> None:
        head = self._paint(f"{mark} {run.name} [{run.run_type}]", color)
        self.function_callback(f"{'|  ' * run.dotted_order.count('.')}{head} {what}")

    def _paint(self, text: str, color: str) -> str:
        return text


class ConsoleCallbackHandler(FunctionCallbackHandler):
    """Print a line for each start and end of a run, in color on a terminal.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> console = ConsoleCallbackHandler()
        >>> RunnableLambda(abs).invoke(-1, {"callbacks": [console]})  # doctest: +ELLIPSIS
        > abs [chain] -1
        < abs [chain] ... ms ok 1
        1
    """

    name: str = "console_callback_handler"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(function=print, **kwargs)

    def _paint(self, text: str, color: str) -> str:
        return colored(text, color) if sys.stdout.isatty() else text


def _elapsed(run: Run) -> str:
    seconds = run.duration.total_seconds() if run.duration else 0.0
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _payload(payload: dict[str, Any], only: str) -> str:
    """Write inputs or outputs on one line; a value that stands alone without its key."""
    value = payload[only] if payload.keys() == {only} else payload
    try:
        return json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError):  # keys that are no text, or a cycle
        return repr(value)
