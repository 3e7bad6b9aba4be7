"""Spans of sentry, which replaces the function that configures langchain-core's managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains

if TYPE_CHECKING:
    from collections.abc import Iterator

sentry_sdk = pytest.importorskip("sentry_sdk")
pytest.importorskip("langchain", reason="sentry's integration patches langchain")


@pytest.fixture
def envelopes() -> Iterator[list[Any]]:
    """Start sentry for the time of a test, with a transport that keeps what it is to send."""
    from sentry_sdk.integrations.langchain import LangchainIntegration
    from sentry_sdk.transport import Transport

    kept: list[Any] = []

    class Keeping(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            kept.append(envelope)

    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1",
        transport=Keeping(),
        traces_sample_rate=1.0,
        send_default_pii=True,
        integrations=[LangchainIntegration(include_prompts=True)],
    )
    yield kept
    sentry_sdk.init()


def sent(envelopes: list[Any]) -> dict[str, dict[str, Any]]:
    """Return the attributes of the spans that were sent, by operation."""
    sentry_sdk.flush()
    payloads = [item.payload.json or {} for envelope in envelopes for item in envelope.items]
    spans = [span for payload in payloads for span in payload.get("items", ())]
    plain = [
        {key: value["value"] for key, value in span["attributes"].items()}
        for span in spans
        if "gen_ai.operation.name" in span["attributes"]
    ]
    return {attributes["gen_ai.operation.name"]: attributes for attributes in plain}


def test_spans_of_model_and_tool(envelopes: list[Any], model: Any) -> None:
    """Models and tools are spans, with input, output and token counts."""
    with sentry_sdk.start_transaction(name="question"):
        chains.assistant(model).invoke(chains.QUESTION)
    spans = sent(envelopes)
    assert set(spans) == {"chat", "execute_tool"}
    assert spans["execute_tool"]["gen_ai.tool.name"] == "add"
    assert spans["execute_tool"]["gen_ai.tool.output"] == 3
    told = spans["chat"]
    assert chains.QUESTION in told["gen_ai.request.messages"]
    assert told["gen_ai.response.text"] == chains.ANSWER
    assert told["gen_ai.usage.input_tokens"] == chains.INPUT_TOKENS
    assert told["gen_ai.usage.output_tokens"] == chains.OUTPUT_TOKENS
