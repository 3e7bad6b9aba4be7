"""What the tests with other packages share: models of both libraries, a tracer provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ecosystem import chains
from tests.ecosystem.openai_api import OpenAIServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """Serve OpenAI's API on loopback."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture(params=["ours", "theirs"])
def model(request: pytest.FixtureRequest) -> Any:
    """A chat model of ferrule, and one of langchain-openai."""
    if request.param == "ours":
        return chains.our_model()
    pytest.importorskip("langchain_openai")
    return chains.their_model(request.getfixturevalue("openai_server").url)


@pytest.fixture(scope="module")
def spans() -> Any:
    """An OpenTelemetry provider that keeps its spans, with the exporter that has them."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter
