"""Behind `astream_log`: a run as a log that grows, told as JSON patches."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import aclosing
from functools import partial
from pprint import pformat
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from typing_extensions import NotRequired, TypedDict

from ferrule.callbacks.abandoned import aclose
from ferrule.tracers.attachment import with_handler
from ferrule.tracers.base import BaseTracer
from ferrule.tracers.event_stream import driven, is_placeholder
from ferrule.tracers.json_patch import apply_patch, diff as difference, escaped
from ferrule.tracers.memory_stream import MemoryStream
from ferrule.tracers.run_filter import RunFilter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
    from uuid import UUID

    from ferrule.outputs import ChatGenerationChunk, GenerationChunk
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.tracers.run_tree import Run

__all__ = [
    "LogEntry",
    "LogStreamCallbackHandler",
    "RunLog",
    "RunLogPatch",
    "RunState",
    "astream_log",
]

T = TypeVar("T")


class LogEntry(TypedDict):
    """What the log says of a run inside the outermost one."""

    id: str
    """The run's id."""
    name: str
    """Its name."""
    type: str
    """Its type, such as `chain`, `prompt` or `llm`."""
    tags: list[str]
    """Its tags."""
    metadata: dict[str, Any]
    """Its metadata."""
    start_time: str
    """When it started, in ISO 8601."""
    streamed_output_str: list[str]
    """The tokens that a model streamed, as text."""
    streamed_output: list[Any]
    """The pieces of output that were streamed."""
    inputs: NotRequired[Any]
    """Its inputs, where the log has them."""
    final_output: Any
    """Its output; None before its end."""
    end_time: str | None
    """When it ended, in ISO 8601; None before."""


class RunState(TypedDict):
    """The whole log."""

    id: str
    """The outermost run's id."""
    streamed_output: list[Any]
    """The chunks of its output."""
    final_output: Any
    """The sum of the chunks so far."""
    name: str
    """The outermost run's name."""
    type: str
    """Its type."""
    logs: dict[str, LogEntry]
    """The runs inside it by name; a second one of the same name under `name:2`, and so on."""


class RunLogPatch:
    """A change of a log, as RFC 6902 operations.

    Patches add up to a `RunLog`, in which the operations have been carried out.

    Attributes:
        ops: The operations, in order.

    Example:
        >>> whole = RunLogPatch({"op": "replace", "path": "", "value": {"logs": {}}})
        >>> (whole + RunLogPatch({"op": "add", "path": "/logs/a", "value": 1})).state
        {'logs': {'a': 1}}
    """

    __hash__ = None  # type: ignore[assignment]  # logs change

    def __init__(self, *ops: dict[str, Any]) -> None:
        self.ops: list[dict[str, Any]] = list(ops)

    def __add__(self, other: RunLogPatch) -> RunLog:
        if type(other) is not RunLogPatch:
            return NotImplemented
        return RunLog(*self.ops, *other.ops, state=apply_patch(self._made(), other.ops))

    def _made(self) -> Any:
        return apply_patch(None, self.ops)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({pformat(self.ops)[1:-1]})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunLogPatch) and self.ops == other.ops


class RunLog(RunLogPatch):
    """A log so far.

    Attributes:
        state: What the operations make.
    """

    def __init__(self, *ops: dict[str, Any], state: Any) -> None:
        super().__init__(*ops)
        self.state: RunState = state

    def _made(self) -> Any:
        return self.state

    def __repr__(self) -> str:
        return f"{type(self).__name__}({pformat(self.state)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunLog) and self.state == other.state and self.ops == other.ops

    __hash__ = None  # logs change


class LogStreamCallbackHandler(BaseTracer):
    """Turns what happens to runs into patches of a log; iterate over it to get them.

    Args:
        auto_close: Whether the end of the outermost run ends the iteration.
        chosen: The runs to tell about.
        **filters: The same, as the options of `RunFilter`.
    """

    run_inline = True

    def __init__(
        self,
        *,
        auto_close: bool = True,
        _schema_format: Literal["original", "streaming_events"] = "streaming_events",
        chosen: RunFilter | None = None,
        **filters: Sequence[str] | None,
    ) -> None:
        super().__init__(_schema_format=_schema_format)
        self.auto_close = auto_close
        self.root_id: UUID | None = None
        self.stream: MemoryStream[RunLogPatch] = MemoryStream()
        self._chosen = chosen or RunFilter(**filters)
        self._keys: dict[UUID, str] = {}
        self._names: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __aiter__(self) -> AsyncIterator[RunLogPatch]:
        return self.stream

    def send(self, *ops: dict[str, Any]) -> None:
        """Send a patch to the reader."""
        self.stream.send(RunLogPatch(*ops))

    def include_run(self, run: Run) -> bool:
        """Tell whether the log has an entry for a run: not for the outermost one."""
        return run.id != self.root_id and self._chosen.accepts(run.name, run.run_type, run.tags)

    def tap_output_iter(self, run_id: UUID, output: Iterator[T]) -> Iterator[T]:
        """Report chunks while they pass through."""
        for chunk in output:
            self._report(run_id, chunk)
            yield chunk

    async def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[T]) -> AsyncIterator[T]:
        """Report chunks while they pass through."""
        async for chunk in output:
            self._report(run_id, chunk)
            yield chunk

    def _report(self, run_id: UUID, chunk: Any) -> None:
        if (key := self._keys.get(run_id)) is not None:
            self.send(_addition(f"{key}/streamed_output/-", chunk))

    def _persist_run(self, run: Run) -> None:
        """Keep nothing: the log is out."""

    def _on_run_create(self, run: Run) -> None:
        if self.root_id is None:
            self.root_id = run.id
            self.send({"op": "replace", "path": "", "value": _new_state(run)})
        if not self.include_run(run):
            return
        with self._lock:
            self._names[run.name] += 1
            count = self._names[run.name]
        key = run.name if count == 1 else f"{run.name}:{count}"
        self._keys[run.id] = key = f"/logs/{escaped(key)}"
        self.send(_addition(key, self._new_entry(run)))

    def _new_entry(self, run: Run) -> LogEntry:
        entry: LogEntry = {
            "id": str(run.id),
            "name": run.name,
            "type": run.run_type,
            "tags": run.tags,
            "metadata": run.extra.get("metadata", {}),
            "start_time": run.start_time.isoformat(timespec="milliseconds"),
            "streamed_output": [],
            "streamed_output_str": [],
            "final_output": None,
            "end_time": None,
        }
        if self._schema_format == "streaming_events":
            entry["inputs"] = _bare(run, run.inputs, "input")
        return entry

    def _on_run_update(self, run: Run) -> None:
        if (key := self._keys.pop(run.id, None)) is not None:
            ops: list[dict[str, Any]] = []
            output: Any = run.outputs
            if self._schema_format == "streaming_events":
                inputs = _bare(run, run.inputs, "input")
                ops.append({"op": "replace", "path": f"{key}/inputs", "value": inputs})
                output = _bare(run, run.outputs, "output")
            elif run.run_type == "prompt":
                output = run.outputs.get("output", output)
            end = run.end_time and run.end_time.isoformat(timespec="milliseconds")
            self.send(
                *ops, _addition(f"{key}/final_output", output), _addition(f"{key}/end_time", end)
            )
        if run.id == self.root_id and self.auto_close:
            self.stream.close()

    def _on_llm_new_token(
        self,
        run: Run,
        token: str | list[str | dict[str, Any]],
        chunk: GenerationChunk | ChatGenerationChunk | None,
    ) -> None:
        if (key := self._keys.get(run.id)) is not None:
            self.send(
                _addition(f"{key}/streamed_output_str/-", token),
                _addition(f"{key}/streamed_output/-", getattr(chunk, "message", token)),
            )


def _addition(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def _new_state(run: Run) -> RunState:
    return {
        "id": str(run.id),
        "streamed_output": [],
        "final_output": None,
        "logs": {},
        "name": run.name,
        "type": run.run_type,
    }


def _bare(run: Run, payload: dict[str, Any], key: str) -> Any:
    """Take a payload out of the mapping that the tracer put it in."""
    if run.run_type in {"retriever", "llm", "chat_model"}:
        return payload
    value = payload.get(key)
    return None if is_placeholder(value) else value


def astream_log(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None = None,
    *,
    diff: bool = True,
    with_streamed_output_list: bool = True,
    **options: Any,
) -> AsyncIterator[RunLogPatch] | AsyncIterator[RunLog]:
    """Stream a runnable, and yield its log: each change, or with `diff=False` each state.

    An error of the run is raised after the patches before it. Closing the iterator cancels the
    run, and waits until it is closed.

    Args:
        runnable: What to run.
        input: Its input.
        config: As for `astream`.
        diff: Whether to yield changes.
        with_streamed_output_list: Whether the log keeps all chunks, beside their sum.
        **options: Those of `RunFilter`; the others are arguments for `astream`.
    """
    chosen, kwargs = RunFilter.taken_from(options)
    handler = LogStreamCallbackHandler(auto_close=False, _schema_format="original", chosen=chosen)
    stream = runnable.astream(
        input, cast("RunnableConfig", with_handler(config, handler)), **kwargs
    )
    write = partial(_write_chunks, stream, handler, keep_list=with_streamed_output_list)
    patches = driven(write, handler.stream)
    return patches if diff else _summed(patches)


async def _write_chunks(
    stream: AsyncIterator[Any], handler: LogStreamCallbackHandler, *, keep_list: bool
) -> None:
    """Add each chunk of the output to the log, and the sum of the chunks so far."""
    total: Any = None
    try:
        async for chunk in stream:
            before = total
            try:
                total = chunk if total is None else total + chunk
            except TypeError:
                before, total = None, chunk
            ops = [_addition("/streamed_output/-", chunk)] if keep_list else []
            ops += [
                {**op, "path": f"/final_output{op['path']}"} for op in difference(before, total)
            ]
            handler.send(*ops)
    finally:
        await aclose(stream)


async def _summed(patches: AsyncGenerator[RunLogPatch, None]) -> AsyncIterator[RunLog]:
    log = RunLog(state=None)
    async with aclosing(patches):
        async for patch in patches:
            log = log + patch
            yield log
