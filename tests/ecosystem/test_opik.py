"""Traces of opik, whose handler is a tracer of langchain-core's and passed in the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains

if TYPE_CHECKING:
    from collections.abc import Iterator

opik = pytest.importorskip("opik")
pytest.importorskip("langchain", reason="opik's tracer imports langchain")


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Keep traces in memory for the time of a test."""
    monkeypatch.setenv("OPIK_URL_OVERRIDE", "http://127.0.0.1:9/api")
    monkeypatch.setenv("OPIK_SENTRY_ENABLE", "false")
    with opik.record_traces_locally() as storage:
        yield storage


def flattened(spans: Any, above: str | None) -> dict[str, tuple[str | None, Any]]:
    """Return each span with the name of its parent, by its own."""
    found: dict[str, tuple[str | None, Any]] = {}
    for span in spans:
        found[span.name] = (above, span)
        found |= flattened(span.spans, span.name)
    return found


def test_trace_of_a_chain(storage: Any, model: Any) -> None:
    """Each run is a span below its parent's, with type, input, output and token counts."""
    from opik.integrations.langchain import OpikTracer

    tracer = OpikTracer()
    chains.assistant(model).invoke(chains.QUESTION, {"callbacks": [tracer]})
    tracer.flush()
    (trace,) = storage.trace_trees
    found = flattened(trace.spans, trace.name)
    parents = {trace.name: None} | {name: above for name, (above, _) in found.items()}
    assert parents == chains.runs_of_assistant(model)
    assert trace.input == {"input": chains.QUESTION}
    assert trace.output == {"output": chains.ANSWER}
    assert found["add"][1].type == "tool"
    told = found[type(model).__name__][1]
    assert told.type == "llm"
    assert chains.QUESTION in str(told.input)
    assert chains.ANSWER in str(told.output)
    if type(model).__name__ == "ChatOpenAI":  # it counts the tokens of known providers only
        assert told.usage["prompt_tokens"] == chains.INPUT_TOKENS
        assert told.usage["completion_tokens"] == chains.OUTPUT_TOKENS


def test_trace_of_a_failure(storage: Any) -> None:
    """A failure is recorded on the step and on the trace."""
    from opik.integrations.langchain import OpikTracer

    tracer = OpikTracer()
    with pytest.raises(LookupError):
        chains.failing().invoke("x", {"callbacks": [tracer]})
    tracer.flush()
    (trace,) = storage.trace_trees
    found = flattened(trace.spans, trace.name)
    assert "LookupError" in trace.error_info["traceback"]
    assert "LookupError" in found["refuse"][1].error_info["traceback"]
    assert found["strip"][1].error_info is None
