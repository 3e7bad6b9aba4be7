"""How events become `Run` records: the part that sync and async tracers share.

A recorder keeps open runs only. Which of its methods an event calls, and what a tracer's
subclass is told afterwards, stands in `base`.
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, get_args

from ferrule.exceptions import TracerException
from ferrule.tracers.run_tree import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tenacity import RetryCallState

    from ferrule.documents import Document
    from ferrule.messages import BaseMessage
    from ferrule.outputs import ChatGenerationChunk, GenerationChunk, LLMResult

__all__ = ["RunRecorder", "SchemaFormat", "name_of_run"]

SchemaFormat = Literal["original", "original+chat", "streaming_events"]
"""How payloads are put.

- `original`: chat models are recorded as text models, by the text of their messages.
- `original+chat`: chat models are recorded with their messages.
- `streaming_events`: that, and each chain or tool payload stands under `input` or `output`, be
  it a mapping or not.
"""

_MODELS = frozenset({"llm", "chat_model"})

_logger = logging.getLogger(__name__)


class RunRecorder:
    """Open runs, by id, and the events that change them."""

    log_missing_parent: bool = True
    """Whether a run whose parent is unknown is worth a debug message."""

    def __init__(
        self,
        *,
        _schema_format: SchemaFormat = "original",
        run_map: dict[str, Run] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if _schema_format not in get_args(SchemaFormat):
            msg = (
                f"_schema_format must be one of {', '.join(get_args(SchemaFormat))}, "
                f"not {_schema_format!r}."
            )
            raise ValueError(msg)
        self._schema_format = _schema_format
        self.run_map: dict[str, Run] = {} if run_map is None else run_map
        """Open runs, by id as text."""

    # -- the tree ---------------------------------------------------------------------------

    def _enter(self, run: Run) -> None:
        """Give a run its place: under its parent, or as a root if that is not open here."""
        order = run.start_time.strftime("%Y%m%dT%H%M%S%fZ") + str(run.id)
        parent = self.run_map.get(str(run.parent_run_id)) if run.parent_run_id else None
        if parent is not None:
            run.trace_id, run.dotted_order = parent.trace_id, f"{parent.dotted_order}.{order}"
            parent.child_runs.append(run)
        else:
            if run.parent_run_id and self.log_missing_parent:
                _logger.debug("Run %s: parent %s is not open here.", run.id, run.parent_run_id)
            run.parent_run_id, run.trace_id, run.dotted_order = None, run.id, order
        self.run_map[str(run.id)] = run

    def _leave(self, run: Run) -> None:
        self.run_map.pop(str(run.id), None)

    def _get_run(self, run_id: UUID, run_type: str | frozenset[str] | None = None) -> Run:
        """Find an open run.

        Raises:
            TracerException: If there is none of this id, or it is of another type.
        """
        run = self.run_map.get(str(run_id))
        if run is None:
            msg = f"No run {run_id} is open in {type(self).__name__}."
            raise TracerException(msg)
        wanted = {run_type} if isinstance(run_type, str) else run_type
        if wanted is not None and run.run_type not in wanted:
            msg = f"Run {run_id} is of type {run.run_type}, not {' or '.join(sorted(wanted))}."
            raise TracerException(msg)
        return run

    # -- starts -----------------------------------------------------------------------------

    def _open(
        self,
        run_type: str,
        inputs: dict[str, Any],
        serialized: dict[str, Any] | None,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **extra: Any,
    ) -> Run:
        now = datetime.now(timezone.utc)
        if metadata:
            extra["metadata"] = metadata
        return Run(
            id=run_id,
            name=name_of_run(name, serialized),
            run_type=run_type,
            start_time=now,
            inputs=inputs,
            parent_run_id=parent_run_id,
            serialized=serialized,
            tags=tags or [],
            extra=extra,
            events=[{"name": "start", "time": now}],
        )

    def _open_llm(self, serialized: dict[str, Any] | None, prompts: list[str], **about: Any) -> Run:
        return self._open("llm", {"prompts": prompts}, serialized, **about)

    def _open_chat_model(
        self, serialized: dict[str, Any] | None, messages: list[list[BaseMessage]], **about: Any
    ) -> Run:
        if self._schema_format == "original":
            msg = "Chat models are recorded as text models in the format 'original'."
            raise NotImplementedError(msg)
        return self._open("chat_model", {"messages": messages}, serialized, **about)

    def _open_chain(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_type: str | None = None,
        **about: Any,
    ) -> Run:
        return self._open(run_type or "chain", self._under("input", inputs), serialized, **about)

    def _open_tool(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        inputs: dict[str, Any] | None = None,
        **about: Any,
    ) -> Run:
        if self._schema_format == "streaming_events":
            wrapped: dict[str, Any] = {"input": inputs}
        else:
            wrapped = inputs if isinstance(inputs, dict) else {"input": input_str}
        return self._open("tool", wrapped, serialized, **about)

    def _open_retriever(self, serialized: dict[str, Any] | None, query: str, **about: Any) -> Run:
        return self._open("retriever", {"query": query}, serialized, **about)

    def _under(self, key: str, payload: Any) -> dict[str, Any]:
        if isinstance(payload, dict) and self._schema_format != "streaming_events":
            return payload
        return {key: payload}

    # -- in between -------------------------------------------------------------------------

    def _note_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        **_: Any,
    ) -> Run:
        run = self._get_run(run_id, _MODELS)
        _note(run, "new_token", token=token, **({} if chunk is None else {"chunk": chunk}))
        return run

    def _note_retry(self, retry_state: RetryCallState, *, run_id: UUID, **_: Any) -> Run:
        run, outcome = self._get_run(run_id), retry_state.outcome
        told: dict[str, Any] = {
            "slept": retry_state.idle_for,
            "attempt": retry_state.attempt_number,
        }
        if outcome is None:
            told["outcome"] = "N/A"
        elif (error := outcome.exception()) is not None:
            told |= {
                "outcome": "failed",
                "exception": str(error),
                "exception_type": type(error).__name__,
            }
        else:
            told |= {"outcome": "success", "result": str(outcome.result())}
        _note(run, "retry", **told)
        return run

    # -- ends -------------------------------------------------------------------------------

    def _close_llm(self, response: LLMResult, *, run_id: UUID, **_: Any) -> Run:
        return _end(self._get_run(run_id, _MODELS), _result(response))

    def _close_chain(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **_: Any) -> Run:
        run = self._with_inputs(self._get_run(run_id), inputs)
        return _end(run, self._under("output", outputs))

    def _close_tool(self, output: Any, *, run_id: UUID, **_: Any) -> Run:
        return _end(self._get_run(run_id, "tool"), {"output": output})

    def _close_retriever(self, documents: Sequence[Document], *, run_id: UUID, **_: Any) -> Run:
        return _end(self._get_run(run_id, "retriever"), {"documents": documents})

    def _fail(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        inputs: Any = None,
        response: LLMResult | None = None,
        **_: Any,
    ) -> Run:
        run = self._with_inputs(self._get_run(run_id), inputs)
        run.error = self._get_stacktrace(error)
        return _end(run, {} if response is None else _result(response), "error")

    def _with_inputs(self, run: Run, inputs: Any) -> Run:
        """Take over inputs that became known while a run was streaming."""
        if inputs is not None and run.run_type not in {*_MODELS, "tool", "retriever"}:
            run.inputs = self._under("input", inputs)
        return run

    @staticmethod
    def _get_stacktrace(error: BaseException) -> str:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        return f"{error!r}\n\n{''.join(lines)}".strip()


def name_of_run(name: str | None, serialized: Mapping[str, Any] | None) -> str:
    """Tell a run's name: as it was given, or as the object that runs is called."""
    about = serialized or {}
    return name or about.get("name") or next(reversed(about.get("id") or ()), "Unnamed")


def _note(run: Run, event: str, **told: Any) -> datetime:
    now = datetime.now(timezone.utc)
    run.events.append({"name": event, "time": now, **({"kwargs": told} if told else {})})
    return now


def _end(run: Run, outputs: dict[str, Any], event: str = "end") -> Run:
    run.outputs = {**run.outputs, **outputs}
    run.end_time = _note(run, event)
    return run


def _result(response: LLMResult) -> dict[str, Any]:
    """Spread a model's answer into mappings, down to its messages."""
    generations = [
        [
            {
                key: getattr(generation, key)
                for key in ("text", "generation_info", "type", "message")
                if hasattr(generation, key)
            }
            for generation in answers
        ]
        for answers in response.generations
    ]
    return {
        "generations": generations,
        "llm_output": response.llm_output,
        "run": response.run,
        "type": response.type,
    }
