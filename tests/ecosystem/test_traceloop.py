"""Spans of traceloop, which wraps the constructor of langchain-core's managers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains
from tests.ecosystem.spans import by_name, parents

if TYPE_CHECKING:
    from collections.abc import Iterator

package = pytest.importorskip("opentelemetry.instrumentation.langchain")


@pytest.fixture(scope="module")
def instrumented(spans: Any) -> Iterator[Any]:
    """Instrument langchain-core once: the package does not unwrap what it has wrapped."""
    provider, exporter = spans
    instrumentor = package.LangchainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


@pytest.fixture
def exporter(instrumented: Any) -> Any:
    """Forget the spans of the tests before."""
    instrumented.clear()
    return instrumented


def plain(name: str | None) -> str | None:
    """Return the name of a run without what the package puts around it."""
    if name is None:
        return None
    return name.split(" ")[-1].removesuffix(".workflow").removesuffix(".chat")


def test_spans_of_a_chain(exporter: Any, model: Any) -> None:
    """Each run is a span below its parent's, with input, output and token counts."""
    chains.assistant(model).invoke(chains.QUESTION)
    spans = by_name(exporter.get_finished_spans())
    found = {plain(name): plain(parent) for name, parent in parents(spans.values()).items()}
    assert found == chains.runs_of_assistant(model)
    told = spans[f"{type(model).__name__}.chat"].attributes
    asked = json.loads(told["gen_ai.input.messages"])[-1]
    assert (asked["role"], asked["parts"][0]["content"]) == ("user", chains.QUESTION)
    answered = json.loads(told["gen_ai.output.messages"])[0]
    assert answered["parts"][0]["content"] == chains.ANSWER
    assert told["gen_ai.usage.input_tokens"] == chains.INPUT_TOKENS
    assert told["gen_ai.usage.output_tokens"] == chains.OUTPUT_TOKENS
    outputs = json.loads(spans["assistant.workflow"].attributes["traceloop.entity.output"])
    assert outputs["outputs"] == chains.ANSWER


def test_span_of_a_failure(exporter: Any) -> None:
    """A failure is recorded on the step and on the chain."""
    with pytest.raises(LookupError):
        chains.failing().invoke("x")
    spans = by_name(exporter.get_finished_spans())
    for name in ("failing.workflow", "execute_task refuse"):
        assert spans[name].attributes["error.type"] == "LookupError"
        assert not spans[name].status.is_ok
