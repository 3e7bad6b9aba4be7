"""Tracers: handlers that keep the tree of open runs and hand out what became of each.

`BaseTracer` and `AsyncBaseTracer` differ only in whether they await what a subclass overrides;
`recording` makes the records.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.async_handlers import AsyncCallbackHandler
from ferrule.callbacks.handlers import BaseCallbackHandler
from ferrule.exceptions import TracerException
from ferrule.tracers.recording import RunRecorder

if TYPE_CHECKING:
    from typing_extensions import Self

    from ferrule.outputs import ChatGenerationChunk, GenerationChunk
    from ferrule.tracers.run_tree import Run

__all__ = ["AsyncBaseTracer", "BaseTracer", "TracerException"]


def _tells(record: str, *steps: str) -> Any:
    """Make a hook that records an event, then calls methods of the tracer with the run."""

    def hook(self: Any, *payload: Any, **about: Any) -> Run:
        run: Run = getattr(self, record)(*payload, **about)
        for step in steps:
            getattr(self, step)(run)
        return run

    return hook


def _tells_async(record: str, *steps: str) -> Any:
    """Make the same hook for a tracer whose methods are coroutines."""

    async def hook(self: Any, *payload: Any, **about: Any) -> Run:
        run: Run = getattr(self, record)(*payload, **about)
        for step in steps:
            await getattr(self, step)(run)
        return run

    return hook


class _Tracer(RunRecorder, ABC):
    def __copy__(self) -> Self:
        """A tracer is shared wherever its config is copied to: its open runs are its own."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class BaseTracer(_Tracer, BaseCallbackHandler):
    """Keep the tree of open runs; override the hooks that get a `Run`.

    `_persist_run` gets each root run when it has ended, with its children. `_on_run_create` and
    `_on_run_update` get every run at its start and end; `_on_chain_start`, `_on_llm_end` and
    their like those of one kind, after these. Nothing is kept of a run that has ended.

    Events of a run that is not open here raise `TracerException`, which is reported like any
    failure of a handler.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> class Names(BaseTracer):
        ...     def _persist_run(self, run):
        ...         print(run.name, [child.name for child in run.child_runs])
        >>> def first(x):
        ...     return x
        >>> def second(x):
        ...     return x
        >>> chain = RunnableLambda(first) | second
        >>> chain.invoke(1, {"callbacks": [Names()], "run_name": "both"})
        both ['first', 'second']
        1
    """

    @abstractmethod
    def _persist_run(self, run: Run) -> None:
        """Take a root run that has ended."""

    def _start_trace(self, run: Run) -> None:
        """Enter a run into the tree."""
        self._enter(run)
        self._on_run_create(run)

    def _end_trace(self, run: Run) -> None:
        """Let go of a run, and hand it out if it is a root."""
        self._leave(run)
        if run.parent_run_id is None:
            self._persist_run(run)
        self._on_run_update(run)

    on_llm_start = _tells("_open_llm", "_start_trace", "_on_llm_start")
    on_chat_model_start = _tells("_open_chat_model", "_start_trace", "_on_chat_model_start")
    on_chain_start = _tells("_open_chain", "_start_trace", "_on_chain_start")
    on_tool_start = _tells("_open_tool", "_start_trace", "_on_tool_start")
    on_retriever_start = _tells("_open_retriever", "_start_trace", "_on_retriever_start")
    on_llm_end = _tells("_close_llm", "_end_trace", "_on_llm_end")
    on_chain_end = _tells("_close_chain", "_end_trace", "_on_chain_end")
    on_tool_end = _tells("_close_tool", "_end_trace", "_on_tool_end")
    on_retriever_end = _tells("_close_retriever", "_end_trace", "_on_retriever_end")
    on_llm_error = _tells("_fail", "_end_trace", "_on_llm_error")
    on_chain_error = _tells("_fail", "_end_trace", "_on_chain_error")
    on_tool_error = _tells("_fail", "_end_trace", "_on_tool_error")
    on_retriever_error = _tells("_fail", "_end_trace", "_on_retriever_error")
    on_retry = _tells("_note_retry")

    def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        **about: Any,
    ) -> Run:
        run = self._note_token(token, chunk=chunk, **about)
        self._on_llm_new_token(run, token, chunk)
        return run

    def _on_llm_new_token(
        self,
        run: Run,
        token: str | list[str | dict[str, Any]],
        chunk: GenerationChunk | ChatGenerationChunk | None,
    ) -> None:
        """Take a piece of a streamed answer."""

    def _ignore(self, run: Run) -> None:
        """Override to be told."""

    _on_run_create = _on_run_update = _ignore
    _on_llm_start = _on_llm_end = _on_llm_error = _on_chat_model_start = _ignore
    _on_chain_start = _on_chain_end = _on_chain_error = _ignore
    _on_tool_start = _on_tool_end = _on_tool_error = _ignore
    _on_retriever_start = _on_retriever_end = _on_retriever_error = _ignore


class AsyncBaseTracer(_Tracer, AsyncCallbackHandler):
    """Keep the tree of open runs as `BaseTracer` does; the hooks to override are coroutines."""

    @abstractmethod
    async def _persist_run(self, run: Run) -> None:
        """Take a root run that has ended."""

    async def _start_trace(self, run: Run) -> None:
        """Enter a run into the tree."""
        self._enter(run)
        await self._on_run_create(run)

    async def _end_trace(self, run: Run) -> None:
        """Let go of a run, and hand it out if it is a root."""
        self._leave(run)
        if run.parent_run_id is None:
            await self._persist_run(run)
        await self._on_run_update(run)

    on_llm_start = _tells_async("_open_llm", "_start_trace", "_on_llm_start")
    on_chat_model_start = _tells_async("_open_chat_model", "_start_trace", "_on_chat_model_start")
    on_chain_start = _tells_async("_open_chain", "_start_trace", "_on_chain_start")
    on_tool_start = _tells_async("_open_tool", "_start_trace", "_on_tool_start")
    on_retriever_start = _tells_async("_open_retriever", "_start_trace", "_on_retriever_start")
    on_llm_end = _tells_async("_close_llm", "_end_trace", "_on_llm_end")
    on_chain_end = _tells_async("_close_chain", "_end_trace", "_on_chain_end")
    on_tool_end = _tells_async("_close_tool", "_end_trace", "_on_tool_end")
    on_retriever_end = _tells_async("_close_retriever", "_end_trace", "_on_retriever_end")
    on_llm_error = _tells_async("_fail", "_end_trace", "_on_llm_error")
    on_chain_error = _tells_async("_fail", "_end_trace", "_on_chain_error")
    on_tool_error = _tells_async("_fail", "_end_trace", "_on_tool_error")
    on_retriever_error = _tells_async("_fail", "_end_trace", "_on_retriever_error")
    on_retry = _tells_async("_note_retry")

    async def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        **about: Any,
    ) -> None:
        run = self._note_token(token, chunk=chunk, **about)
        await self._on_llm_new_token(run, token, chunk)

    async def _on_llm_new_token(
        self,
        run: Run,
        token: str | list[str | dict[str, Any]],
        chunk: GenerationChunk | ChatGenerationChunk | None,
    ) -> None:
        """Take a piece of a streamed answer."""

    async def _ignore(self, run: Run) -> None:
        """Override to be told."""

    _on_run_create = _on_run_update = _ignore
    _on_llm_start = _on_llm_end = _on_llm_error = _on_chat_model_start = _ignore
    _on_chain_start = _on_chain_end = _on_chain_error = _ignore
    _on_tool_start = _on_tool_end = _on_tool_error = _ignore
    _on_retriever_start = _on_retriever_end = _on_retriever_error = _ignore
