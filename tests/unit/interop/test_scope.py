"""One current scope: runs of both libraries inside each other, in threads and tasks."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ferrule.callbacks import dispatch_custom_event
from ferrule.runnables import RunnableLambda, ensure_config
from tests.unit.interop.apart import run_apart
from tests.unit.interop.heard import Heard

theirs = pytest.importorskip("langchain_core.runnables")

CONFIG: dict[str, Any] = {"tags": ["t"], "metadata": {"m": 1}, "configurable": {"c": 2}}


def config_with(handler: Heard) -> dict[str, Any]:
    """Return a config with tags, metadata, a configurable value and the handler."""
    return {**CONFIG, "callbacks": [handler]}


def calling(runnable: Any) -> Any:
    """Make a function that calls a runnable without a config."""

    def call(value: Any) -> Any:
        return runnable.invoke(value)

    return call


def test_sandwich() -> None:
    """Ours, theirs, ours, theirs: each is the child of the one around it, and inherits."""
    seen: list[Any] = []

    def innermost(value: int) -> int:
        seen.append(ensure_config()["configurable"])
        seen.append(theirs.ensure_config()["configurable"])
        return value + 1

    inner = RunnableLambda(calling(theirs.RunnableLambda(innermost, name="d")), name="c")
    middle = theirs.RunnableLambda(calling(inner), name="b")
    outer = RunnableLambda(calling(middle), name="a")
    heard = Heard()
    assert outer.invoke(1, config_with(heard)) == 2
    assert heard.runs == [("a", None), ("b", "a"), ("c", "b"), ("d", "c")]
    assert heard.tags == {name: ["t"] for name in "abcd"}
    assert heard.metadata == {name: {"m": 1} for name in "abcd"}
    assert seen == [{"c": 2}, {"c": 2}]
    assert heard.events[-4:] == ["d ended", "c ended", "b ended", "a ended"]


def test_after_a_call_the_scope_is_as_before() -> None:
    """What follows a call into the other library is a child of the same run as before."""

    def work(value: int) -> int:
        theirs.RunnableLambda(abs, name="b").invoke(value)
        RunnableLambda(abs, name="c").invoke(value)
        theirs.RunnableLambda(abs, name="d").invoke(value)
        return value

    heard = Heard()
    (theirs.RunnableLambda(work, name="x") | RunnableLambda(work, name="y")).invoke(
        1, {"callbacks": [heard]}
    )
    parents = dict(heard.runs)
    below = [name for name, parent in heard.runs if parent == "x"]
    assert below == ["b", "c", "d"]
    assert [name for name, parent in heard.runs if parent == "y"] == ["b", "c", "d"]
    assert parents["x"] == parents["y"] == "RunnableSequence"


def test_tasks() -> None:
    """Tasks that a step starts are in the step's scope."""

    async def work(value: int) -> list[int]:
        one = asyncio.create_task(theirs.RunnableLambda(abs, name="b").ainvoke(value))
        two = asyncio.create_task(RunnableLambda(abs, name="c").ainvoke(value))
        return list(await asyncio.gather(one, two))

    heard = Heard()
    asyncio.run(RunnableLambda(work, name="a").ainvoke(1, config_with(heard)))
    assert sorted(heard.runs, key=str) == [("a", None), ("b", "a"), ("c", "a")]
    heard = Heard()
    asyncio.run(theirs.RunnableLambda(work, name="a").ainvoke(1, config_with(heard)))
    assert sorted(heard.runs, key=str) == [("a", None), ("b", "a"), ("c", "a")]


def test_threads() -> None:
    """A thread with the step's context is in the step's scope."""

    def work(value: int) -> int:
        call = theirs.RunnableLambda(abs, name="b").invoke
        with ThreadPoolExecutor() as executor:
            return executor.submit(contextvars.copy_context().run, call, value).result()

    heard = Heard()
    RunnableLambda(work, name="a").invoke(1, {"callbacks": [heard]})
    assert heard.runs == [("a", None), ("b", "a")]


def test_batches() -> None:
    """Items of a batch are below the run of their own item."""
    item = RunnableLambda(lambda value: theirs.RunnableLambda(abs, name=f"b{value}").invoke(value))
    named = RunnableLambda(lambda value: item.with_config(run_name=f"a{value}").invoke(value))
    heard = Heard()
    named.batch([1, 2, 3], {"callbacks": [heard]})
    assert {(name, parent) for name, parent in heard.runs if name.startswith("b")} == {
        (f"b{n}", f"a{n}") for n in (1, 2, 3)
    }
    heard = Heard()
    theirs.RunnableLambda(calling(named)).batch([1, 2, 3], {"callbacks": [heard]})
    assert {(name, parent) for name, parent in heard.runs if name.startswith("b")} == {
        (f"b{n}", f"a{n}") for n in (1, 2, 3)
    }


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_config_that_is_passed_on(is_ours: bool) -> None:
    """Config and run manager that a function gets are taken by runnables of either library."""
    make = RunnableLambda if is_ours else theirs.RunnableLambda
    other: Any = theirs.RunnableLambda if is_ours else RunnableLambda

    def with_config(value: int, config: Any) -> Any:
        return other(abs, name="b").invoke(value, config)

    def with_manager(value: int, run_manager: Any) -> Any:
        return other(abs, name="d").invoke(value, {"callbacks": run_manager.get_child()})

    heard = Heard()
    make(with_config, name="a").invoke(1, config_with(heard))
    make(with_manager, name="c").invoke(1, config_with(heard))
    assert heard.runs == [("a", None), ("b", "a"), ("c", None), ("d", "c")]


def test_custom_events() -> None:
    """A custom event of either library belongs to the run around it."""
    events = pytest.importorskip("langchain_core.callbacks")

    class Hearing(Heard):
        def on_custom_event(self, name: str, data: Any, *, run_id: Any, **kwargs: Any) -> None:
            self.events.append(f"{name} in {self.names[run_id]}")

    heard = Hearing()
    config = {"callbacks": [heard]}
    RunnableLambda(lambda x: events.dispatch_custom_event("e", x), name="a").invoke(1, config)
    theirs.RunnableLambda(lambda x: dispatch_custom_event("f", x), name="b").invoke(1, config)
    assert [event for event in heard.events if " in " in event] == ["e in a", "f in b"]


def test_an_empty_list_silences() -> None:
    """`callbacks: []` silences a nested call of either library."""
    heard = Heard()
    inner = RunnableLambda(abs, name="b")
    theirs.RunnableLambda(lambda x: inner.invoke(x, {"callbacks": []}), name="a").invoke(
        1, {"callbacks": [heard]}
    )
    assert heard.runs == [("a", None)]


LATE = """
from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda
import sys

class Heard(BaseCallbackHandler):
    def __init__(self):
        self.names = {None: None}
    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id, name, **kwargs):
        self.names[run_id] = name
        print(name, "in", self.names[parent_run_id])

def late(x):
    assert "langchain_core" not in sys.modules
    from langchain_core.runnables import RunnableLambda as Theirs
    inner = RunnableLambda(lambda y: Theirs(abs, name="c").invoke(y), name="b")
    Theirs(inner.invoke, name="late").invoke(x)
    return RunnableLambda(abs, name="d").invoke(x)

"""


@pytest.mark.parametrize(
    "call",
    [
        "RunnableLambda(late, name='a').invoke(1, {'callbacks': [Heard()]})",
        """
import asyncio

async def go(x):
    return late(x)

asyncio.run(RunnableLambda(go, name="a").ainvoke(1, {"callbacks": [Heard()]}))
""",
    ],
    ids=["sync", "async"],
)
def test_first_import_inside_a_run(call: str) -> None:
    """langchain-core may be imported in the middle of a run: its first call has its parent."""
    said = run_apart(LATE + call).splitlines()
    assert said == ["a in None", "late in a", "b in late", "c in b", "d in a"]


def test_runs_that_were_open_at_the_import() -> None:
    """A run that another task had open when langchain-core was imported keeps its children."""
    code = (
        LATE.replace("    assert", "    pass #")
        + """
import asyncio

async def waiting(x):
    await asyncio.sleep(0.05)
    return RunnableLambda(abs, name="e").invoke(x)

async def importing(x):
    import langchain_core.runnables

async def both():
    config = {"callbacks": [Heard()]}
    one = RunnableLambda(waiting).ainvoke(1, config)
    two = RunnableLambda(importing).ainvoke(1, config)
    await asyncio.gather(one, two)

asyncio.run(both())
"""
    )
    assert "e in waiting" in run_apart(code).splitlines()


def test_ferrule_alone_loads_nothing() -> None:
    """Importing and running ferrule loads neither langchain-core nor langsmith."""
    code = """
import sys, asyncio
from ferrule.runnables import RunnableLambda
from ferrule.language_models import FakeListChatModel
from ferrule.prompts import ChatPromptTemplate
from ferrule.output_parsers import StrOutputParser
from ferrule.callbacks import BaseCallbackHandler
from ferrule.tools import tool

@tool
def add(a: int) -> int:
    "Add."
    return a

chain = ChatPromptTemplate.from_messages([("human", "{q}")]) | FakeListChatModel(responses=["a"])
chain = chain | StrOutputParser() | RunnableLambda(lambda x: add.invoke({"a": 1}))
config = {"callbacks": [BaseCallbackHandler()]}
chain.invoke({"q": 1}, config)
list(chain.stream({"q": 1}, config))
asyncio.run(chain.ainvoke({"q": 1}, config))
loaded = [name for name in sys.modules if name.startswith(("langchain", "langsmith", "langgraph"))]
print(loaded)
"""
    assert run_apart(code) == "[]\n"
