"""Spans of braintrust, which registers a context variable with langchain-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains

if TYPE_CHECKING:
    from collections.abc import Iterator

package = pytest.importorskip("braintrust")
integration = pytest.importorskip("braintrust.integrations.langchain")
context = pytest.importorskip("braintrust.integrations.langchain.context")


@pytest.fixture
def logger() -> Iterator[Any]:
    """A logger of braintrust's that keeps what would be sent."""
    testing = pytest.importorskip("braintrust.test_helpers")
    logging = pytest.importorskip("braintrust.logger")
    testing.init_test_logger("ferrule")
    with logging._internal_with_memory_background_logger() as logger:
        context.set_global_handler(integration.BraintrustCallbackHandler())
        yield logger
        context.clear_global_handler()


def parents(rows: list[Any]) -> dict[str, str | None]:
    """Return the name of each span with that of its parent."""
    names = {row["span_id"]: row["span_attributes"]["name"] for row in rows}
    return {
        row["span_attributes"]["name"]: names[row["span_parents"][0]]
        if row.get("span_parents")
        else None
        for row in rows
    }


def test_spans_of_a_chain(logger: Any, model: Any) -> None:
    """Each run is a span below that of its parent, with input, output and tokens."""
    with package.start_span("around"):
        chains.assistant(model).invoke(chains.QUESTION)
    rows = logger.pop()
    assert parents(rows) == {
        **chains.runs_of_assistant(model),
        "around": None,
        "assistant": "around",
    }
    spans = {row["span_attributes"]["name"]: row for row in rows}
    root, told = spans["assistant"], spans[type(model).__name__]
    assert (root["input"], root["output"]) == (chains.QUESTION, chains.ANSWER)
    assert told["input"][0][1]["content"] == chains.QUESTION
    assert told["output"]["generations"][0][0]["message"]["content"] == chains.ANSWER
    assert told["metrics"]["prompt_tokens"] == chains.INPUT_TOKENS
    assert told["metrics"]["completion_tokens"] == chains.OUTPUT_TOKENS
    kinds = {name: row["span_attributes"]["type"].value for name, row in spans.items()}
    assert (kinds["add"], kinds[type(model).__name__]) == ("tool", "llm")


def test_span_of_a_failure(logger: Any) -> None:
    """A failure is kept with the step and with the chain."""
    with pytest.raises(LookupError):
        chains.failing().invoke("x")
    failed = {row["span_attributes"]["name"]: row.get("error") for row in logger.pop()}
    assert failed == {"failing": "no answer to 'x'", "refuse": "no answer to 'x'", "strip": None}


def test_nothing_is_left_behind(logger: Any) -> None:
    """Without the handler there are no spans."""
    context.clear_global_handler()
    chains.assistant(chains.our_model()).invoke(chains.QUESTION)
    assert logger.pop() == []
