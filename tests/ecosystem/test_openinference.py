"""Spans of openinference, which wraps the constructor of langchain-core's managers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains
from tests.ecosystem.spans import by_name, parents

if TYPE_CHECKING:
    from collections.abc import Iterator

package = pytest.importorskip("openinference.instrumentation.langchain")


@pytest.fixture
def exporter(spans: Any) -> Iterator[Any]:
    """Instrument langchain-core for the time of a test."""
    provider, exporter = spans
    instrumentor = package.LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    exporter.clear()
    yield exporter
    instrumentor.uninstrument()


def test_spans_of_a_chain(exporter: Any, model: Any) -> None:
    """Each run is a span below its parent's, with kind, input, output and token counts."""
    assert chains.assistant(model).invoke(chains.QUESTION) == chains.ANSWER
    spans = by_name(exporter.get_finished_spans())
    assert parents(spans.values()) == chains.runs_of_assistant(model)
    kinds = {name: span.attributes["openinference.span.kind"] for name, span in spans.items()}
    assert (kinds["assistant"], kinds["add"], kinds[type(model).__name__]) == (
        "CHAIN",
        "TOOL",
        "LLM",
    )
    root = spans["assistant"].attributes
    assert (root["input.value"], root["output.value"]) == (chains.QUESTION, chains.ANSWER)
    told = spans[type(model).__name__].attributes
    assert told["llm.input_messages.1.message.role"] == "user"
    assert told["llm.input_messages.1.message.content"] == chains.QUESTION
    assert told["llm.output_messages.0.message.content"] == chains.ANSWER
    assert told["llm.token_count.prompt"] == chains.INPUT_TOKENS
    assert told["llm.token_count.completion"] == chains.OUTPUT_TOKENS
    assert json.loads(spans["add"].attributes["output.value"]) == 3


def test_span_of_a_failure(exporter: Any) -> None:
    """A failure is recorded on the step and on the chain."""
    with pytest.raises(LookupError):
        chains.failing().invoke("x")
    spans = by_name(exporter.get_finished_spans())
    assert parents(spans.values()) == {"failing": None, "strip": "failing", "refuse": "failing"}
    for name in ("failing", "refuse"):
        assert not spans[name].status.is_ok
        assert "no answer to 'x'" in spans[name].events[0].attributes["exception.message"]


def test_current_span(exporter: Any) -> None:
    """A function finds the span of its own run, as it does in a chain of langchain-core."""
    runnables = pytest.importorskip("ferrule.runnables")
    found = []
    chain = runnables.RunnableLambda(lambda _: found.append(package.get_current_span()), name="me")
    chain.invoke(1)
    assert [span.name for span in found] == ["me"]
    assert list(by_name(exporter.get_finished_spans())) == ["me"]


def test_nothing_is_left_behind(exporter: Any) -> None:
    """Without the instrumentation there are no spans."""
    package.LangChainInstrumentor().uninstrument()
    chains.assistant(chains.our_model()).invoke(chains.QUESTION)
    assert not exporter.get_finished_spans()
