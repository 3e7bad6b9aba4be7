"""Runs that LangSmith is sent: by `tracing_context`, by environment, around and in `@traceable`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ferrule.runnables import RunnableLambda
from tests.ecosystem import chains

langsmith = pytest.importorskip("langsmith")
pytest.importorskip("langchain_core")


class Client(langsmith.Client):  # type: ignore[misc,name-defined]
    """Keeps runs instead of sending them."""

    def __init__(self) -> None:
        super().__init__(api_key="test", api_url="http://127.0.0.1:9", auto_batch_tracing=False)
        self.kept: dict[Any, dict[str, Any]] = {}

    def create_run(self, name: str, inputs: Any, run_type: Any, **kwargs: Any) -> None:
        """Keep a run that has started."""
        self.kept[kwargs["id"]] = {"name": name, "inputs": inputs, "type": run_type, **kwargs}

    def update_run(self, run_id: Any, **kwargs: Any) -> None:
        """Keep how a run has ended."""
        self.kept[run_id] |= kwargs

    def parents(self) -> dict[str, str | None]:
        """Return the name of each run with that of its parent."""
        return {
            run["name"]: self.kept[run["parent_run_id"]]["name"] if run["parent_run_id"] else None
            for run in self.kept.values()
        }

    def by_name(self) -> dict[str, dict[str, Any]]:
        """Return the runs by name."""
        return {run["name"]: run for run in self.kept.values()}


@pytest.fixture
def client() -> Client:
    """Make a client that keeps runs."""
    return Client()


def test_tracing_context(client: Client, model: Any) -> None:
    """Each run is sent below its parent, with inputs, outputs, tags, metadata and usage."""
    with langsmith.tracing_context(enabled=True, client=client, tags=["around"]):
        chains.assistant(model).invoke(
            chains.QUESTION,
            {"tags": ["t"], "metadata": {"m": 1}, "configurable": {"thread_id": "7"}},
        )
    chains.assistant(model).invoke(chains.QUESTION)
    assert client.parents() == chains.runs_of_assistant(model)
    runs = client.by_name()
    root, told = runs["assistant"], runs[type(model).__name__]
    assert root["inputs"] == {"input": chains.QUESTION}
    assert root["outputs"] == {"output": chains.ANSWER}
    assert {"t", "around"} <= set(root["tags"])
    assert root["extra"]["metadata"]["m"] == 1
    assert root["extra"]["metadata"]["thread_id"] == "7"
    assert (told["type"], runs["add"]["type"]) == ("llm", "tool")
    message = told["outputs"]["generations"][0][0]["message"]["kwargs"]
    assert message["content"] == chains.ANSWER
    assert message["usage_metadata"]["input_tokens"] == chains.INPUT_TOKENS
    assert {run["trace_id"] for run in runs.values()} == {root["id"]}
    order = [run["dotted_order"] for run in runs.values()]
    assert all(dotted.startswith(root["dotted_order"]) for dotted in order)


def test_environment(client: Client, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`LANGSMITH_TRACING` sends runs to the project of the environment."""
    tracer = pytest.importorskip("langchain_core.tracers.langchain")
    utils = pytest.importorskip("langsmith.utils")
    monkeypatch.setattr(tracer, "get_client", lambda: client)
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    utils.get_env_var.cache_clear()
    chains.assistant(model).invoke(chains.QUESTION)
    monkeypatch.delenv("LANGSMITH_TRACING")
    utils.get_env_var.cache_clear()
    chains.assistant(model).invoke(chains.QUESTION)
    assert client.parents() == chains.runs_of_assistant(model)


def test_failure(client: Client) -> None:
    """A failure is sent with the step and with the chain."""
    with langsmith.tracing_context(enabled=True, client=client), pytest.raises(LookupError):
        chains.failing().invoke("x")
    failed = {name for name, run in client.by_name().items() if run.get("error")}
    assert failed == {"failing", "refuse"}


@langsmith.traceable
def traced(value: int) -> int:
    """Run a chain of ferrule in a function that LangSmith traces."""
    return RunnableLambda(abs, name="inner").invoke(value)


NESTED = {"outer": None, "traced": "outer", "inner": "traced"}


def test_traceable_in_a_chain(client: Client) -> None:
    """A traced function is below the run that calls it, and above the runs that it starts."""
    with langsmith.tracing_context(enabled=True, client=client):
        RunnableLambda(lambda value: traced(value) + 1, name="outer").invoke(-1)
    assert client.parents() == NESTED


def test_traceable_in_async_chains(client: Client) -> None:
    """The same in async code, and in a stream."""

    async def call(value: int) -> int:
        return traced(value)

    async def both() -> None:
        chain = RunnableLambda(call, name="outer")
        await chain.ainvoke(-1)
        assert client.parents() == NESTED
        client.kept.clear()
        async for _ in chain.astream(-1):
            pass

    with langsmith.tracing_context(enabled=True, client=client):
        asyncio.run(both())
    assert client.parents() == NESTED


def test_chain_in_traceable(client: Client) -> None:
    """A chain that a traced function starts is below it."""
    with langsmith.tracing_context(enabled=True, client=client):
        traced(-1)
    assert client.parents() == {"traced": None, "inner": "traced"}


def test_disabled_branch(client: Client) -> None:
    """What runs where tracing is turned off is not sent."""

    def work(value: int) -> int:
        with langsmith.tracing_context(enabled=False):
            return RunnableLambda(abs, name="hidden").invoke(value, {"callbacks": []})

    with langsmith.tracing_context(enabled=True, client=client):
        RunnableLambda(work).invoke(-1)
    assert client.parents() == {"work": None}


def test_run_tree_of_a_config(client: Client) -> None:
    """LangSmith finds the run tree of the config that a function gets."""
    found = []

    def work(value: int, config: Any) -> int:
        found.append(langsmith.RunTree.from_runnable_config(config))
        return value

    with langsmith.tracing_context(enabled=True, client=client):
        RunnableLambda(work).invoke(-1)
    (tree,) = found
    assert (tree.name, tree.inputs) == ("work", {"input": -1})
