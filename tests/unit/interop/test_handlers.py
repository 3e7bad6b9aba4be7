"""Handlers of langchain-core's classes in ferrule's chains."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.language_models import FakeListChatModel, FakeMessagesListChatModel
from ferrule.messages import AIMessage
from ferrule.runnables import RunnableLambda
from tests.unit.interop.heard import Heard

callbacks = pytest.importorskip("langchain_core.callbacks")
tracers = pytest.importorskip("langchain_core.tracers")
messages = pytest.importorskip("langchain_core.messages")
outputs = pytest.importorskip("langchain_core.outputs")


def test_empty_hooks_are_not_called() -> None:
    """What a handler inherits from langchain-core's classes does not count as a hook of its own."""
    called: list[str] = []

    class Ends(callbacks.BaseCallbackHandler):  # type: ignore[misc,name-defined]
        def on_chain_end(self, *args: Any, **kwargs: Any) -> None:
            called.append("end")

    def told(self: Any, *args: Any, **kwargs: Any) -> None:
        called.append("inherited")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callbacks.BaseCallbackHandler, "on_chain_start", told)
        RunnableLambda(abs).invoke(1, {"callbacks": [Ends()]})
        assert called == ["inherited", "end"], "it is no more langchain-core's"
        told.__module__ = callbacks.BaseCallbackHandler.__module__
        patch.setattr(callbacks.BaseCallbackHandler, "on_chain_start", told)
        RunnableLambda(abs).invoke(1, {"callbacks": [Ends()]})
    assert called == ["inherited", "end", "end"]


def test_payloads() -> None:
    """What model hooks get passes langchain-core's `isinstance`."""
    heard = Heard()
    FakeListChatModel(responses=["a"]).invoke("q", {"callbacks": [heard]})
    started, ended = heard.payloads
    assert isinstance(started[0][0], messages.HumanMessage)
    assert isinstance(ended, outputs.LLMResult)
    assert isinstance(ended.generations[0][0], outputs.ChatGeneration)
    assert isinstance(ended.generations[0][0].message, messages.AIMessage)


def test_async_handlers() -> None:
    """An async handler hears the same in sync and in async runs, in order."""

    class Later(callbacks.AsyncCallbackHandler):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.heard: list[str] = []

        async def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            await asyncio.sleep(0)
            self.heard.append(f"{kwargs['name']} started")

        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            await asyncio.sleep(0)
            self.heard.append(f"ended with {outputs}")

    chain = RunnableLambda(abs, name="a") | RunnableLambda(str, name="b")
    sync, not_sync = Later(), Later()
    chain.invoke(-1, {"callbacks": [sync]})
    asyncio.run(chain.ainvoke(-1, {"callbacks": [not_sync]}))
    assert sync.heard == not_sync.heard
    assert sync.heard[-1] == "ended with 1"


def test_tracers() -> None:
    """A tracer of langchain-core's builds the tree of runs."""

    class Keeping(tracers.BaseTracer):  # type: ignore[misc,name-defined]
        kept: Any = None

        def _persist_run(self, run: Any) -> None:
            self.kept = run

    tracer = Keeping()
    chain = RunnableLambda(str, name="a") | FakeListChatModel(responses=["b"])
    chain.invoke(1, {"callbacks": [tracer], "tags": ["t"], "metadata": {"m": 1}})
    root = tracer.kept
    assert (root.name, root.inputs) == ("RunnableSequence", {"input": 1})
    assert [(run.name, run.run_type) for run in root.child_runs] == [
        ("a", "chain"),
        ("FakeListChatModel", "llm"),
    ]
    assert root.child_runs[1].outputs["generations"][0][0]["text"] == "b"
    assert (root.tags, root.extra["metadata"]) == (["t"], {"m": 1})


def test_constructor_callbacks() -> None:
    """Handlers of either library are taken by the models of the other."""
    models = pytest.importorskip("langchain_core.language_models")
    heard = Heard()
    FakeListChatModel(responses=["a"], callbacks=[heard]).invoke("q")
    assert heard.runs == [("FakeListChatModel", None)]

    class Ours(BaseCallbackHandler):
        def __init__(self) -> None:
            self.tokens: list[str] = []

        def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
            self.tokens.append(token)

    ours = Ours()
    model = models.FakeListChatModel(responses=["ab"], callbacks=[ours])
    assert [chunk.content for chunk in model.stream("q") if chunk.content] == ["a", "b"]
    assert [token for token in ours.tokens if token] == ["a", "b"]


def test_messages_as_text() -> None:
    """A handler that knows no chat models is told their start as text."""

    class Old(callbacks.BaseCallbackHandler):  # type: ignore[misc,name-defined]
        prompts: Any = None

        def on_llm_start(self, serialized: Any, prompts: Any, **kwargs: Any) -> None:
            self.prompts = prompts

    old = Old()
    FakeListChatModel(responses=["a"]).invoke("q", {"callbacks": [old]})
    assert old.prompts == ["Human: q"]


def test_handlers_in_blocks() -> None:
    """`collect_runs` and `get_usage_metadata_callback` of langchain-core's hear ferrule's runs."""
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    answer = AIMessage("a", usage_metadata=usage, response_metadata={"model_name": "m"})
    chain = RunnableLambda(str) | FakeMessagesListChatModel(responses=[answer])
    with (
        tracers.context.collect_runs() as collected,
        callbacks.get_usage_metadata_callback() as used,
    ):
        chain.invoke("q")
    chain.invoke("q")
    assert [run.name for run in collected.traced_runs] == ["RunnableSequence"]
    assert used.usage_metadata["m"]["total_tokens"] == 3
