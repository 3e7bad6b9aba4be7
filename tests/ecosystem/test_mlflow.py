"""Traces of mlflow, which wraps the constructor of langchain-core's managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ferrule.runnables import RunnableLambda
from tests.ecosystem import chains

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

mlflow = pytest.importorskip("mlflow")
pytest.importorskip("pandas", reason="mlflow.langchain imports pandas")
pytest.importorskip("langchain", reason="mlflow.langchain imports langchain")


@pytest.fixture
def traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Turn autologging on for the time of a test."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    mlflow.set_experiment("tests")
    mlflow.langchain.autolog()

    def read() -> list[Any]:
        found = mlflow.search_traces(return_type="list", flush=True)
        return [trace.data.spans for trace in reversed(found)]

    yield read
    mlflow.langchain.autolog(disable=True)


def parents(spans: Any) -> dict[str, str | None]:
    """Return the name of each span with that of its parent."""
    names = {span.span_id: span.name for span in spans}
    return {span.name: names.get(span.parent_id) for span in spans}


def test_trace_of_a_chain(traces: Any, model: Any) -> None:
    """Each run is a span below its parent's, with type, input, output and token counts."""
    chains.assistant(model).invoke(chains.QUESTION)
    (spans,) = traces()
    assert parents(spans) == chains.runs_of_assistant(model)
    told = {span.name: span for span in spans}
    name = type(model).__name__
    types = {name: span.span_type for name, span in told.items()}
    assert (types["assistant"], types["add"], types[name]) == ("CHAIN", "TOOL", "CHAT_MODEL")
    root = told["assistant"]
    assert (root.inputs, root.outputs) == (chains.QUESTION, chains.ANSWER)
    usage = told[name].attributes["mlflow.chat.tokenUsage"]
    assert usage["input_tokens"] == chains.INPUT_TOKENS
    assert usage["output_tokens"] == chains.OUTPUT_TOKENS


def test_traces_of_a_batch(traces: Any) -> None:
    """Each item of a batch is a trace of its own."""
    (RunnableLambda(abs, name="abs") | RunnableLambda(str, name="str")).batch([-1, -2, -3])
    found = traces()
    assert len(found) == 3
    for spans in found:
        assert parents(spans) == {
            "RunnableSequence": None,
            "abs": "RunnableSequence",
            "str": "RunnableSequence",
        }


def test_span_of_a_function(traces: Any) -> None:
    """A span that a function opens is below that of its run."""

    def work(question: str) -> str:
        with mlflow.start_span(name="mine"):
            return question

    RunnableLambda(work).invoke("x")
    (spans,) = traces()
    assert parents(spans) == {"work": None, "mine": "work"}


def test_trace_of_a_failure(traces: Any) -> None:
    """A failure is recorded on the step and on the chain."""
    with pytest.raises(LookupError):
        chains.failing().invoke("x")
    (spans,) = traces()
    states = {span.name: span.status.status_code.value for span in spans}
    assert states == {"failing": "ERROR", "strip": "OK", "refuse": "ERROR"}
