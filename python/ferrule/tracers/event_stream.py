"""Behind `astream_events`: runs as a stream of events, for a reader outside of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from ferrule import _core
from ferrule.callbacks.abandoned import aclose
from ferrule.callbacks.handlers import BaseCallbackHandler
from ferrule.messages import AIMessageChunk
from ferrule.outputs import GenerationChunk
from ferrule.tracers.attachment import with_handler
from ferrule.tracers.memory_stream import MemoryStream
from ferrule.tracers.recording import name_of_run
from ferrule.tracers.run_filter import RunFilter

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Coroutine,
        Iterator,
        Sequence,
    )
    from uuid import UUID

    from ferrule.documents import Document
    from ferrule.messages import BaseMessage
    from ferrule.outputs import ChatGenerationChunk, LLMResult
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.tracers.event_schema import StandardStreamEvent, StreamEvent

__all__ = ["EventStreamHandler", "astream_events"]

T = TypeVar("T")

_UNKNOWN = object()


def astream_events(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None = None,
    *,
    version: str = "v2",
    **options: Any,
) -> AsyncIterator[StreamEvent]:
    """Stream a runnable, and yield what happens in its run and in the runs inside it.

    An error of the run is raised after the events before it. Closing the iterator cancels the
    run, and waits until it is closed.

    Args:
        runnable: What to run.
        input: Its input.
        config: As for `astream`.
        version: The vocabulary of the events.
        **options: Those of `RunFilter`; the others are arguments for `astream`.

    Raises:
        NotImplementedError: If `version` is another than "v2".
    """
    if version != "v2":
        msg = f"There are no events of version {version!r}; use version='v2'."
        raise NotImplementedError(msg)
    chosen, kwargs = RunFilter.taken_from(options)
    return _events(runnable, input, config, EventStreamHandler(chosen), kwargs)


async def _events(
    runnable: Runnable[Any, Any],
    input: Any,
    config: RunnableConfig | None,
    handler: EventStreamHandler,
    kwargs: dict[str, Any],
) -> AsyncIterator[StreamEvent]:
    complete = with_handler(config, handler)
    root = complete.get("run_id") or _core.uuid7()
    complete["run_id"] = root
    root_id = str(root)

    async def drive() -> None:
        stream = runnable.astream(input, cast("RunnableConfig", complete), **kwargs)
        try:
            async for _ in handler.tap_output_aiter(root, stream):
                pass
        finally:
            await aclose(stream)

    async with aclosing(driven(drive, handler.stream)) as events:
        async for event in events:
            yield _of_root(event, input) if event["run_id"] == root_id else event


def _of_root(event: StreamEvent, input: Any) -> StreamEvent:
    """Report the caller's own input at the start of the outermost run, and not once more."""
    if event["event"].endswith("_start"):
        event["data"]["input"] = input
    elif event["event"].endswith("_end"):
        event["data"].pop("input", None)
    return event


async def driven(
    work: Callable[[], Coroutine[Any, Any, None]], stream: MemoryStream[T]
) -> AsyncGenerator[T, None]:
    """Yield what work sends to a stream until it is done, then raise what it raised.

    Closed early, it cancels the work, and waits for it.
    """
    task = asyncio.create_task(work())
    task.add_done_callback(lambda _: stream.close())
    try:
        async for item in stream:
            yield item
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


def is_placeholder(inputs: Any) -> bool:
    """Tell the input that a streaming run reports at its start, while it has none yet."""
    if not isinstance(inputs, dict) or inputs.keys() != {"input"}:
        return False
    only = inputs["input"]
    return isinstance(only, str) and not only


class _OpenRun(NamedTuple):
    id: str
    parent_ids: tuple[str, ...]
    is_chosen: bool
    run_type: str
    name: str
    tags: list[str]
    metadata: dict[str, Any]
    inputs: Any
    tool_call_id: str | None


class EventStreamHandler(BaseCallbackHandler):
    """Turns what happens to runs into events, and sends them to `stream`.

    Works in any thread, and never waits; so it runs inline.

    Args:
        chosen: The runs to tell about.
    """

    run_inline = True

    def __init__(self, chosen: RunFilter) -> None:
        self.stream: MemoryStream[StreamEvent] = MemoryStream()
        self._chosen = chosen
        self._open: dict[UUID, _OpenRun] = {}
        # From the outermost run down. Written once for each run: ids that a program gives may name
        # a run its own parent, and a walk from child to parent would not end then.
        self._ancestry: dict[UUID, tuple[str, ...]] = {}
        self._tapped: set[UUID] = set()

    # -- sending ----------------------------------------------------------------------------

    def _send(self, run: _OpenRun, moment: str, **data: Any) -> None:
        if run.is_chosen:
            event: StandardStreamEvent = {
                "event": f"on_{run.run_type}_{moment}",
                "data": cast("Any", data),
                "name": run.name,
                "tags": run.tags,
                "run_id": run.id,
                "metadata": run.metadata,
                "parent_ids": list(run.parent_ids),
            }
            self.stream.send(event)

    def _started(  # noqa: PLR0913  what every start hook is told
        self,
        run_type: str,
        inputs: Any,
        serialized: dict[str, Any] | None,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        tool_call_id: str | None = None,
        **_: Any,
    ) -> None:
        name, tags = name_of_run(name, serialized), tags or []
        parent_ids: tuple[str, ...] = ()
        if parent_run_id is not None:
            parent_ids = (*self._ancestry.get(parent_run_id, ()), str(parent_run_id))
            self._ancestry[run_id] = parent_ids
        run = self._open[run_id] = _OpenRun(
            str(run_id),
            parent_ids,
            self._chosen.accepts(name, run_type, tags),
            run_type,
            name,
            tags,
            metadata or {},
            inputs,
            tool_call_id,
        )
        self._send(run, "start", **({} if inputs is _UNKNOWN else {"input": inputs}))

    def _ended(self, run_id: UUID, output: Any, inputs: Any = None) -> None:
        if (run := self._open.pop(run_id, None)) is not None:
            if inputs is None:
                inputs = {} if run.inputs is _UNKNOWN else run.inputs
            self._send(run, "end", output=output, input=inputs)

    # -- streamed output --------------------------------------------------------------------

    def tap_output_iter(self, run_id: UUID, output: Iterator[T]) -> Iterator[T]:
        """Report chunks while they pass through."""
        report = self._tap(run_id)
        for chunk in output:
            report(chunk)
            yield chunk

    async def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[T]) -> AsyncIterator[T]:
        """Report chunks while they pass through."""
        report = self._tap(run_id)
        async for chunk in output:
            report(chunk)
            yield chunk

    def _tap(self, run_id: UUID) -> Callable[[Any], None]:
        """Make the report of a run's chunks; only the first one made for a run does anything."""
        first = run_id not in self._tapped
        self._tapped.add(run_id)

        def report(chunk: Any) -> None:
            if first and (run := self._open.get(run_id)) is not None:
                self._send(run, "stream", chunk=chunk)

        return report

    # -- hooks ------------------------------------------------------------------------------

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **about: Any
    ) -> None:
        self._started("chat_model", {"messages": messages}, serialized, **about)

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], **about: Any) -> None:
        self._started("llm", {"prompts": prompts}, serialized, **about)

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_type: str | None = None,
        **about: Any,
    ) -> None:
        self._started(
            run_type or "chain", _UNKNOWN if is_placeholder(inputs) else inputs, serialized, **about
        )

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        inputs: dict[str, Any] | None = None,
        **about: Any,
    ) -> None:
        self._started("tool", inputs or {}, serialized, **about)

    def on_retriever_start(self, serialized: dict[str, Any], query: str, **about: Any) -> None:
        self._started("retriever", {"query": query}, serialized, **about)

    def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        **about: Any,
    ) -> None:
        run = self._open.get(run_id)
        if run is None or run_id in self._tapped:
            return
        piece: Any = chunk
        if run.run_type == "chat_model":
            message = getattr(chunk, "message", None)
            piece = AIMessageChunk(content=token) if message is None else message
        elif chunk is None:
            piece = GenerationChunk(text=token if isinstance(token, str) else "")
        self._send(run, "stream", chunk=piece)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **about: Any) -> None:
        run = self._open.get(run_id)
        generations = response.generations
        if run is not None and run.run_type == "chat_model":
            first = next((answer for answers in generations for answer in answers), None)
            self._ended(run_id, getattr(first, "message", {}))
            return
        told = ("text", "generation_info", "type")
        output = {
            "generations": [
                [{key: getattr(answer, key) for key in told} for answer in answers]
                for answers in generations
            ],
            "llm_output": response.llm_output,
        }
        self._ended(run_id, output)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **about: Any) -> None:
        self._ended(run_id, outputs, inputs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **about: Any) -> None:
        self._ended(run_id, output)

    def on_retriever_end(
        self, documents: Sequence[Document], *, run_id: UUID, **about: Any
    ) -> None:
        self._ended(run_id, documents)

    def on_tool_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        tool_call_id: str | None = None,
        **about: Any,
    ) -> None:
        if (run := self._open.pop(run_id, None)) is not None:
            call = tool_call_id or run.tool_call_id
            self._send(run, "error", error=error, input=run.inputs, tool_call_id=call)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **about: Any) -> None:
        self._open.pop(run_id, None)

    on_chain_error = on_retriever_error = on_llm_error

    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **about: Any,
    ) -> None:
        if self._chosen.accepts(name, name, tags or []):
            self.stream.send(
                {
                    "event": "on_custom_event",
                    "run_id": str(run_id),
                    "name": name,
                    "tags": tags or [],
                    "metadata": metadata or {},
                    "data": data,
                    "parent_ids": list(self._ancestry.get(run_id, ())),
                }
            )
