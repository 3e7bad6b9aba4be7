"""Observations of langfuse, whose handler is passed in the config and which uses OpenTelemetry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ferrule.runnables import RunnableLambda
from tests.ecosystem import chains
from tests.ecosystem.spans import by_name, parents

if TYPE_CHECKING:
    from collections.abc import Iterator

langfuse = pytest.importorskip("langfuse")
pytest.importorskip("langchain", reason="langfuse's handler imports langchain")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Make a client that sends nothing."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    made = langfuse.Langfuse(
        public_key="pk-test",
        secret_key="sk-test",
        base_url="http://127.0.0.1:9",
        span_exporter=exporter,
    )
    made.exporter = exporter
    yield made
    made.shutdown()


@pytest.fixture
def handler(client: Any) -> Any:
    """Make a handler, with nothing exported yet."""
    from langfuse.langchain import CallbackHandler

    client.exporter.clear()
    return CallbackHandler(public_key="pk-test")


def exported(client: Any) -> dict[str, Any]:
    """Return the spans that have been exported, by name."""
    client.flush()
    return by_name(client.exporter.get_finished_spans())


def test_observations_of_a_chain(client: Any, handler: Any, model: Any) -> None:
    """Each run is an observation below its parent's, with type, input, output and usage."""
    config = {
        "callbacks": [handler],
        "metadata": {"langfuse_session_id": "s1", "langfuse_user_id": "ada"},
    }
    chains.assistant(model).invoke(chains.QUESTION, config)
    spans = exported(client)
    assert parents(spans.values()) == chains.runs_of_assistant(model)
    told = {name: span.attributes for name, span in spans.items()}
    types = {name: attributes["langfuse.observation.type"] for name, attributes in told.items()}
    name = type(model).__name__
    assert (types["assistant"], types["add"], types[name]) == ("chain", "tool", "generation")
    assert told["assistant"]["langfuse.observation.input"] == chains.QUESTION
    assert told["assistant"]["langfuse.observation.output"] == chains.ANSWER
    assert (told["assistant"]["session.id"], told["assistant"]["user.id"]) == ("s1", "ada")
    asked = json.loads(told[name]["langfuse.observation.input"])
    assert asked[-1] == {"role": "user", "content": chains.QUESTION}
    assert json.loads(told[name]["langfuse.observation.output"])["content"] == chains.ANSWER
    usage = json.loads(told[name]["langfuse.observation.usage_details"])
    assert (usage["input"], usage["output"]) == (chains.INPUT_TOKENS, chains.OUTPUT_TOKENS)


async def stream(chain: Any, config: Any) -> list[Any]:
    """Stream a chain asynchronously."""
    return [chunk async for chunk in chain.astream(chains.QUESTION, config)]


def test_observations_of_a_stream(client: Any, handler: Any, openai_server: Any) -> None:
    """A streamed answer is whole in the observation of the model, with its usage."""
    import asyncio

    pytest.importorskip("langchain_openai")
    model = chains.their_model(openai_server.url, stream_usage=True)
    chunks = asyncio.run(stream(chains.assistant(model), {"callbacks": [handler]}))
    assert [chunk for chunk in chunks if chunk] == list(chains.ANSWER)
    spans = exported(client)
    assert parents(spans.values()) == chains.runs_of_assistant(model)
    told = spans["ChatOpenAI"].attributes
    assert json.loads(told["langfuse.observation.output"])["content"] == chains.ANSWER
    usage = json.loads(told["langfuse.observation.usage_details"])
    assert (usage["input"], usage["output"]) == (chains.INPUT_TOKENS, chains.OUTPUT_TOKENS)


def test_spans_of_a_function(client: Any, handler: Any) -> None:
    """A span that a function opens is below that of its run."""

    def work(question: str) -> str:
        with client.start_as_current_observation(name="mine"):
            return question

    RunnableLambda(work).invoke("x", {"callbacks": [handler]})
    assert parents(exported(client).values()) == {"work": None, "mine": "work"}


def test_observation_of_a_failure(client: Any, handler: Any) -> None:
    """A failure is recorded on the step and on the chain."""
    with pytest.raises(LookupError):
        chains.failing().invoke("x", {"callbacks": [handler]})
    spans = exported(client)
    assert parents(spans.values()) == {"failing": None, "strip": "failing", "refuse": "failing"}
    for name in ("failing", "refuse"):
        told = spans[name].attributes
        assert told["langfuse.observation.level"] == "ERROR"
        assert told["langfuse.observation.status_message"] == "no answer to 'x'"
