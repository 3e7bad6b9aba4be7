"""What handlers hear of a tool."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Any

import pytest

from ferrule.documents import Document
from ferrule.messages import ToolMessage
from ferrule.prompts import ChatPromptTemplate, PromptTemplate
from ferrule.retrievers import BaseRetriever
from ferrule.runnables import RunnableLambda
from ferrule.runnables.config import RunnableConfig  # noqa: TC001  read from annotations
from ferrule.testing import AsyncRecordingHandler, RecordingHandler
from ferrule.tools import InjectedToolArg, ToolException, create_retriever_tool, tool

inner = RunnableLambda(lambda x: x + 1).with_config(run_name="inner")


@tool
def add(x: int, secret: Annotated[str, InjectedToolArg] = "s") -> int:
    """Add one."""
    return x + 1


@tool
def fail(x: int) -> int:
    """Fail."""
    raise ValueError("no")


def called(made, args, id="c1"):
    return {"name": made.name, "args": args, "id": id, "type": "tool_call"}


def heard(made, given, way="invoke", error=None, **config):
    """The events of one call."""
    handler = RecordingHandler() if way == "invoke" else AsyncRecordingHandler()
    config = {**config, "callbacks": [handler]}

    def call():
        if way == "invoke":
            return made.invoke(given, config)
        return asyncio.run(made.ainvoke(given, config))

    if error is None:
        call()
    else:
        with pytest.raises(error):
            call()
    handler.assert_all_runs_ended()
    return list(handler.trace)


EACH_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke"])


@EACH_WAY
def test_start_and_end(way):
    """Both tell the id of the tool call; the start tells the arguments that the model chose."""
    start, end = heard(add, called(add, {"x": 1, "secret": "hidden"}), way, tags=["t"])
    assert (start.event, end.event) == ("on_tool_start", "on_tool_end")
    described, text = start.payload
    assert (described["name"], described["description"]) == ("add", "Add one.")
    assert described["id"][-1] == "StructuredTool"
    assert text == "{'x': 1}"
    assert start.details["inputs"] == {"x": 1}
    assert start.details["tags"] == ["t"]
    assert [event.details["tool_call_id"] for event in (start, end)] == ["c1", "c1"]
    assert end.payload == (ToolMessage("2", tool_call_id="c1", name="add"),)
    assert end.details["name"] == "add"


@EACH_WAY
def test_error(way):
    """A failure is told with the id of the tool call."""
    _, error = heard(fail, called(fail, {"x": 1}), way, error=ValueError)
    assert (error.event, error.details["tool_call_id"]) == ("on_tool_error", "c1")
    assert str(error.payload[0]) == "no"


@pytest.mark.parametrize("given", [{"x": "one"}, {}, 3, [1]])
def test_bad_input_closes_the_run(given):
    """Arguments that do not fit are an error of the run, which has started."""
    events = heard(add, given, error=(ValueError, TypeError))
    assert [event.event for event in events] == ["on_tool_start", "on_tool_error"]


@EACH_WAY
def test_handled_failures_end_the_run(way):
    """A failure that the tool answers is an end."""

    def refuse() -> str:
        """Refuse."""
        raise ToolException("why")

    made = tool(refuse)
    made.handle_tool_error = True
    _, end = heard(made, {}, way)
    assert (end.event, end.payload) == ("on_tool_end", ("why",))


@EACH_WAY
def test_what_a_tool_runs_is_its_child(way):
    """Without config, with the config, with the callbacks, and with the run manager."""

    @tool
    def ambient(x: int) -> int:
        """Run."""
        return inner.invoke(x)

    @tool
    def configured(x: int, settings: RunnableConfig) -> int:
        """Run."""
        return inner.invoke(x, settings)

    @tool
    def called_back(x: int, callbacks: Any = None) -> int:
        """Run."""
        return inner.invoke(x, {"callbacks": callbacks})

    @tool
    def managed(x: int, run_manager: Any = None) -> int:
        """Run."""
        return inner.invoke(x, {"callbacks": run_manager.get_child()})

    for made in (ambient, configured, called_back, managed):
        start, child, _, _ = heard(made, {"x": 1}, way)
        assert child.event == "on_chain_start", made.name
        assert child.details["parent_run_id"] == start.details["run_id"], made.name


def test_async_functions_get_what_they_name():
    """An async function's config and callbacks lead to children, too."""

    @tool
    async def both(x: int, config: RunnableConfig, callbacks: Any = None) -> int:
        """Run."""
        await inner.ainvoke(x, config)
        return await inner.ainvoke(x, {"callbacks": callbacks})

    start, *rest = heard(both, {"x": 1}, "ainvoke")
    children = [event for event in rest if event.event == "on_chain_start"]
    assert {event.details["parent_run_id"] for event in children} == {start.details["run_id"]}
    assert len(children) == 2


def test_config_of_a_tool_carries_the_rest():
    """The config that a tool gets has tags, metadata and configurable of the call."""

    @tool
    def look(config: RunnableConfig) -> dict:
        """Look."""
        return {key: config[key] for key in ("tags", "metadata", "configurable")}

    given = {"tags": ["t"], "metadata": {"m": 1}, "configurable": {"c": 2}}
    seen = look.invoke({}, given)
    assert seen["tags"] == ["t"]
    assert seen["metadata"]["m"] == 1
    assert seen["configurable"] == {"c": 2}


def test_constructor_callbacks_are_local():
    """Handlers, tags and metadata of the tool itself are for its own runs only."""
    own, given = RecordingHandler(), RecordingHandler()

    @tool
    def outer(x: int) -> int:
        """Run."""
        return inner.invoke(x)

    made = outer.model_copy(update={"callbacks": [own], "tags": ["mine"], "metadata": {"m": 1}})
    made.invoke({"x": 1}, {"callbacks": [given]})
    assert own.trace.names == ["on_tool_start", "on_tool_end"]
    start, child, *_ = given.trace
    assert (start.details["tags"], start.details["metadata"]["m"]) == (["mine"], 1)
    assert "mine" not in child.details["tags"]
    assert "m" not in child.details["metadata"]


def test_run_takes_the_parts_of_a_config():
    """`run` and `arun` take callbacks, tags, metadata, name and id one by one."""
    for way in ("run", "arun"):
        handler, run_id = RecordingHandler(), uuid.uuid4()
        parts = {
            "callbacks": [handler],
            "tags": ["t"],
            "metadata": {"m": 1},
            "run_name": "n",
            "run_id": run_id,
            "tool_call_id": "c1",
        }
        given = {"x": 1}
        out = add.run(given, **parts) if way == "run" else asyncio.run(add.arun(given, **parts))
        assert out == ToolMessage("2", tool_call_id="c1", name="add")
        start = handler.trace.events[0].details
        assert (start["run_id"], start["name"], start["tags"]) == (run_id, "n", ["t"])
        assert start["metadata"]["m"] == 1


def test_cancelled_tool_is_an_error():
    """Cancelling a tool that is awaited ends its run with the cancellation."""
    handler = RecordingHandler()

    @tool
    async def hang() -> None:
        """Hang."""
        await asyncio.Event().wait()

    async def main():
        task = asyncio.ensure_future(hang.ainvoke({}, {"callbacks": [handler]}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert handler.trace.names == ["on_tool_start", "on_tool_error"]
    assert isinstance(handler.trace.events[1].payload[0], asyncio.CancelledError)


@EACH_WAY
def test_retriever_tool(way):
    """The retriever runs as a child of its tool; the documents become text and artifact."""

    class Two(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(page_content=f"{query}{n}", metadata={"n": n}) for n in (1, 2)]

    made = create_retriever_tool(
        Two(), "look", "Look it up.", response_format="content_and_artifact"
    )
    start, child, _, end = heard(made, called(made, {"query": "q"}), way)
    assert child.event == "on_retriever_start"
    assert child.details["parent_run_id"] == start.details["run_id"]
    answer = end.payload[0]
    assert answer.content == "q1\n\nq2"
    assert [document.metadata["n"] for document in answer.artifact] == [1, 2]
    assert list(made.args) == ["query"]


def test_retriever_tool_writes_documents_by_a_prompt():
    """A prompt decides how a document is written, from its content and metadata."""

    class One(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(page_content="text", metadata={"n": 1})] * 2

    made = create_retriever_tool(
        One(),
        "look",
        "Look it up.",
        document_prompt=PromptTemplate.from_template("{n}: {page_content}"),
        document_separator=" | ",
    )
    assert made.invoke("q") == "1: text | 1: text"
    assert asyncio.run(made.ainvoke({"query": "q"})) == "1: text | 1: text"


def test_retriever_tool_names_the_metadata_that_is_not_there():
    """A document that the prompt cannot write is an error that names what it lacks."""

    class One(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(page_content="text", metadata={"n": 1})]

    prompt = PromptTemplate.from_template("{page}: {page_content}")
    made = create_retriever_tool(One(), "look", "Look it up.", document_prompt=prompt)
    with pytest.raises(ValueError, match=r"no metadata for the variables \['page'\]"):
        made.invoke("q")
    with pytest.raises(ValueError, match=r"no metadata for the variables \['page'\]"):
        asyncio.run(made.ainvoke("q"))


def test_a_single_run_can_be_shown(capsys):
    """`verbose` shows a run on the console of a tool that is not set to it."""
    assert add.run({"x": 1}) == 2
    assert capsys.readouterr().out == ""
    assert add.run({"x": 1}, verbose=True) == 2
    assert "2" in capsys.readouterr().out
    assert asyncio.run(add.arun({"x": 2}, verbose=True)) == 3
    assert "3" in capsys.readouterr().out


def test_a_config_of_another_kind_is_named():
    """`run` takes a config as `invoke` does: a dict."""
    with pytest.raises(TypeError, match=r"config is a dict, got 5 \(int\)"):
        add.run({"x": 1}, config=5)
    with pytest.raises(TypeError, match=r"config is a dict, got 5 \(int\)"):
        asyncio.run(add.arun({"x": 1}, config=5))


def test_runnable_as_tool():
    """A runnable that takes a dict or text becomes a tool, and runs as its child."""
    total = RunnableLambda(lambda given: given["a"] + given["b"])
    made = total.as_tool(name="sum", description="Add.", arg_types={"a": int, "b": int})
    assert set(made.args) == {"a", "b"}
    start, child, _, end = heard(made, {"a": "1", "b": 2})
    assert (start.payload[0]["name"], end.payload) == ("sum", (3,))
    assert child.details["parent_run_id"] == start.details["run_id"]

    def shout(text: str) -> str:
        return text.upper()

    assert RunnableLambda(shout).as_tool(name="shout").invoke("a") == "A"


def test_runnable_by_decorator():
    """`tool("name", runnable)` names it; its arguments must be known."""
    prompt = ChatPromptTemplate.from_template("Say {word}.")
    made = tool("say", prompt | RunnableLambda(lambda value: value.to_string()))
    assert list(made.args) == ["word"]
    assert made.invoke({"word": "hi"}) == "Human: Say hi."
    with pytest.raises(ValueError, match="needs a name as text"):
        tool(None, prompt)


def test_untyped_runnable_is_no_tool():
    """A runnable of which nothing is known says what to add."""
    with pytest.raises(TypeError, match="arguments of 'thing' are not known: annotate"):
        RunnableLambda(lambda given: given).as_tool(name="thing")
