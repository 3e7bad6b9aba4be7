"""ferrule's ambient handlers, and langchain-core's runs."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import pytest

from ferrule.callbacks import get_usage_metadata_callback, register_configure_hook
from ferrule.runnables import RunnableLambda
from ferrule.tracers.context import collect_runs
from tests.unit.interop.apart import run_apart
from tests.unit.interop.heard import Heard

runnables = pytest.importorskip("langchain_core.runnables")
models = pytest.importorskip("langchain_core.language_models")
messages = pytest.importorskip("langchain_core.messages")


EARLY = """
from contextvars import ContextVar
from ferrule.callbacks import BaseCallbackHandler, register_configure_hook

class Telling(BaseCallbackHandler):
    def on_chain_start(self, serialized, inputs, **kwargs):
        print("started with", inputs)

variable = ContextVar("telling", default=None)
register_configure_hook(variable, inheritable=True)
from langchain_core.runnables import RunnableLambda
variable.set(Telling())
RunnableLambda(len).invoke("ab")
"""


def answering() -> Any:
    """Make a model of langchain-core that says how many tokens it took."""
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    answer = messages.AIMessage("a", usage_metadata=usage, response_metadata={"model_name": "m"})
    return models.FakeMessagesListChatModel(responses=[answer])


def test_usage() -> None:
    """Models of langchain-core are counted once, alone and in chains of either library."""
    model = answering()
    with get_usage_metadata_callback() as usage:
        model.invoke("x")
        (runnables.RunnableLambda(str) | model).invoke("x")
        (RunnableLambda(str) | model).invoke("x")
    model.invoke("x")
    assert usage.usage_metadata["m"]["total_tokens"] == 9


def test_collected_runs() -> None:
    """Chains of langchain-core are collected, with ferrule's runs inside."""
    chain = runnables.RunnableLambda(str) | RunnableLambda(len, name="count")
    with collect_runs() as collected:
        chain.invoke(7)
    (root,) = collected.traced_runs
    assert [child.name for child in root.child_runs] == ["str", "count"]


def test_hooks_of_programs() -> None:
    """A handler in a registered variable hears the runs of both libraries, each once."""
    variable: ContextVar[Any] = ContextVar("test_hooks_of_programs", default=None)
    register_configure_hook(variable, inheritable=True)
    heard = Heard()
    token = variable.set(heard)
    (RunnableLambda(str, name="a") | runnables.RunnableLambda(len)).invoke(7)
    runnables.RunnableLambda(len).invoke("x")
    variable.reset(token)
    runnables.RunnableLambda(len).invoke("x")
    assert heard.runs == [
        ("RunnableSequence", None),
        ("a", "RunnableSequence"),
        ("len", "RunnableSequence"),
        ("len", None),
    ]


def test_registered_before_langchain_core() -> None:
    """What was registered before langchain-core is imported takes part, too."""
    assert run_apart(EARLY) == "started with ab\n"
