"""ferrule's runnables, tools and messages in langgraph's graphs and langchain's agents."""

from __future__ import annotations

import asyncio
from operator import add as concatenate
from typing import Annotated, Any, Optional

import pytest
from typing_extensions import TypedDict

from ferrule.language_models import FakeListChatModel, FakeMessagesListChatModel
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableConfig, RunnableLambda, RunnablePassthrough
from ferrule.tools import InjectedToolCallId, tool
from tests.ecosystem import chains
from tests.unit.interop.heard import Heard

REMOVE_ALL_MESSAGES = pytest.importorskip("langgraph.graph.message").REMOVE_ALL_MESSAGES
graphs = pytest.importorskip("langgraph.graph")
config = pytest.importorskip("langgraph.config")
types = pytest.importorskip("langgraph.types")
prebuilt = pytest.importorskip("langgraph.prebuilt")
checkpoints = pytest.importorskip("langgraph.checkpoint.memory")

ASK = {"messages": [HumanMessage("hi")]}


def chat(model: Any) -> Any:
    """Make a graph whose only node is a chain of ferrule around a model."""
    prompt = ChatPromptTemplate.from_messages([("placeholder", "{messages}")])
    asked = prompt | model | (lambda answer: {"messages": [answer]})
    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("chat", asked)
    graph.add_edge(graphs.START, "chat")
    return graph


def test_node(model: Any) -> None:
    """A chain of ferrule is a node: its runs are below the node's."""
    heard = Heard()
    result = chat(model).compile().invoke(ASK, {"callbacks": [heard]})
    assert [message.text for message in result["messages"]] == ["hi", chains.ANSWER]
    assert heard.runs == [
        ("LangGraph", None),
        ("chat", "LangGraph"),
        ("RunnableSequence", "chat"),
        ("ChatPromptTemplate", "RunnableSequence"),
        (type(model).__name__, "RunnableSequence"),
        ("RunnableLambda", "RunnableSequence"),
    ]
    assert heard.metadata["ChatPromptTemplate"]["langgraph_node"] == "chat"
    assert heard.metadata["ChatPromptTemplate"]["langgraph_step"] == 1


def test_node_async(model: Any) -> None:
    """The same in async code, with a coroutine function around it."""

    async def ask(state: Any) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("chat", RunnableLambda(ask))
    graph.add_edge(graphs.START, "chat")
    heard = Heard()
    result = asyncio.run(graph.compile().ainvoke(ASK, {"callbacks": [heard]}))
    assert result["messages"][-1].text == chains.ANSWER
    assert heard.runs[-2:] == [("ask", "chat"), (type(model).__name__, "ask")]


def streaming_models() -> list[Any]:
    """Make models of both libraries that stream letter by letter."""
    fakes = pytest.importorskip("langchain_core.language_models")
    return [FakeListChatModel(responses=["four"]), fakes.FakeListChatModel(responses=["four"])]


def test_streamed_messages() -> None:
    """`stream_mode="messages"` hands out the tokens of models in the chain."""
    for model in streaming_models():
        app = chat(model).compile()
        streamed = list(app.stream(ASK, stream_mode="messages"))
        assert "".join(chunk.content for chunk, _ in streamed) == "four"
        assert len(streamed) >= 4
        assert {facts["langgraph_node"] for _, facts in streamed} == {"chat"}

        async def read(app: Any = app) -> list[Any]:
            return [chunk async for chunk, _ in app.astream(ASK, stream_mode="messages")]

        assert "".join(chunk.content for chunk in asyncio.run(read())) == "four"


def test_streamed_events() -> None:
    """`astream_events` of a graph tells of the model in the chain, token by token."""
    for model in streaming_models():
        app = chat(model).compile()

        async def read(app: Any = app) -> list[Any]:
            return [event async for event in app.astream_events(ASK, version="v2")]

        events = asyncio.run(read())
        tokens = [e["data"]["chunk"] for e in events if e["event"] == "on_chat_model_stream"]
        assert "".join(token.content for token in tokens) == "four"
        assert ("on_chain_end", "LangGraph") in {(e["event"], e["name"]) for e in events}


def test_checkpoints(recwarn: pytest.WarningsRecorder) -> None:
    """Messages are stored in checkpoints and restored, strictly, and updated by their ids."""
    model = FakeMessagesListChatModel(
        responses=[
            AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1, "b": 2}, "id": "1"}]),
            AIMessage("second", usage_metadata=chains.our_model().responses[0].usage_metadata),
        ]
    )
    serde = pytest.importorskip("langgraph.checkpoint.serde.jsonplus")
    saver = checkpoints.InMemorySaver(serde=serde.JsonPlusSerializer(allowed_msgpack_modules=None))
    app = chat(model).compile(checkpointer=saver)
    thread = {"configurable": {"thread_id": "1"}}
    app.invoke(ASK, thread)
    app.invoke({"messages": [HumanMessage("again")]}, thread)
    kept = app.get_state(thread).values["messages"]
    assert [message.text for message in kept] == ["hi", "", "again", "second"]
    assert kept[1].tool_calls[0]["args"] == {"a": 1, "b": 2}
    assert kept[3].usage_metadata["input_tokens"] == chains.INPUT_TOKENS
    assert all(isinstance(message, (AIMessage, HumanMessage)) for message in kept)
    app.update_state(thread, {"messages": [HumanMessage("changed", id=kept[0].id)]})
    assert app.get_state(thread).values["messages"][0].text == "changed"


class State(TypedDict):
    """What a graph of texts works on."""

    said: Annotated[list[str], concatenate]


def speaking(**nodes: Any) -> Any:
    """Make a graph of nodes one after the other."""
    graph = graphs.StateGraph(State)
    above = graphs.START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(above, name)
        above = name
    return graph


def test_interrupt_and_writer() -> None:
    """A function deep in a chain interrupts, resumes, writes to the stream, reads its config."""

    def ask(state: Any) -> Any:
        config.get_stream_writer()({"asking": True})
        answer = types.interrupt("ok?")
        return {"said": [answer, config.get_config()["configurable"]["thread_id"]]}

    node = RunnablePassthrough() | RunnableLambda(ask)
    app = speaking(node=node).compile(checkpointer=checkpoints.InMemorySaver())
    thread = {"configurable": {"thread_id": "7"}}
    heard = Heard()
    settings = {**thread, "callbacks": [heard]}
    first = list(app.stream({"said": ["a"]}, settings, stream_mode=["custom", "updates"]))
    assert first[0] == ("custom", {"asking": True})
    assert first[1][1]["__interrupt__"][0].value == "ok?"
    resumed = list(app.stream(types.Command(resume="yes"), thread, stream_mode="updates"))
    assert resumed == [{"node": {"said": ["yes", "7"]}}]


def test_interrupt_async() -> None:
    """The same in async code."""

    async def ask(state: Any) -> Any:
        return {"said": [types.interrupt("ok?")]}

    node = RunnablePassthrough() | RunnableLambda(ask)
    app = speaking(node=node).compile(checkpointer=checkpoints.InMemorySaver())
    thread = {"configurable": {"thread_id": "7"}}

    async def both() -> Any:
        await app.ainvoke({"said": []}, thread)
        return await app.ainvoke(types.Command(resume="yes"), thread)

    assert asyncio.run(both())["said"] == ["yes"]


def test_configurable() -> None:
    """What a node's config holds reaches the functions of a chain unchanged."""
    seen = []

    def look(state: Any, config: Any) -> Any:
        seen.append(config["configurable"])
        return {"said": []}

    node = RunnablePassthrough() | RunnableLambda(look)
    speaking(node=node).compile().invoke({"said": []}, {"configurable": {"live": seen}})
    assert seen[0]["live"] is seen
    assert "__pregel_send" in seen[0]


def test_graph_as_a_step() -> None:
    """A graph is a step of a chain, and may be called in a function without a config."""
    app = speaking(one=RunnableLambda(lambda state: {"said": ["b"]}, name="step")).compile()
    chain = RunnableLambda(lambda text: {"said": [text]}, name="wrap") | app
    heard = Heard()
    assert chain.invoke("a", {"callbacks": [heard], "tags": ["t"]})["said"] == ["a", "b"]
    assert heard.runs == [
        ("RunnableSequence", None),
        ("wrap", "RunnableSequence"),
        ("LangGraph", "RunnableSequence"),
        ("one", "LangGraph"),
        ("step", "one"),
    ]
    assert "t" in heard.tags["step"]
    for function in (
        lambda text: app.invoke({"said": [text]}),
        lambda text, config: app.invoke({"said": [text]}, config),
    ):
        heard = Heard()
        RunnableLambda(function, name="f").invoke("a", {"callbacks": [heard]})
        assert heard.runs[:2] == [("f", None), ("LangGraph", "f")]
    assert asyncio.run(chain.ainvoke("a"))["said"] == ["a", "b"]
    assert list(chain.stream("a")) == [{"one": {"said": ["b"]}}]


def test_parallel_nodes() -> None:
    """Nodes that run at the same time have their own runs as parents."""
    graph = graphs.StateGraph(State)
    for name in ("a", "b"):
        step = RunnableLambda(lambda state: {"said": ["x"]}, name=f"in_{name}")
        graph.add_node(name, RunnablePassthrough() | step)
        graph.add_edge(graphs.START, name)
    heard = Heard()
    assert graph.compile().invoke({"said": []}, {"callbacks": [heard]})["said"] == ["x", "x"]
    sequences = [run for run in heard.runs if run[0] == "RunnableSequence"]
    assert sorted(sequences) == [("RunnableSequence", "a"), ("RunnableSequence", "b")]


CALLS = [
    {"name": "add", "args": {"a": 1, "b": 2}, "id": "1"},
    {"name": "double", "args": {"n": 4}, "id": "2"},
]


def test_tool_node() -> None:
    """A ToolNode runs tools of ferrule, and a chain that was made a tool."""
    doubling = RunnableLambda(lambda given: given["n"] * 2)
    double = doubling.as_tool(name="double", description="Double.", arg_types={"n": int})
    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("tools", prebuilt.ToolNode([chains.add, double]))
    graph.add_edge(graphs.START, "tools")
    heard = Heard()
    said = {"messages": [AIMessage("", tool_calls=CALLS)]}
    result = graph.compile().invoke(said, {"callbacks": [heard]})
    told = [(message.type, message.content, message.name) for message in result["messages"][1:]]
    assert told == [("tool", "3", "add"), ("tool", "8", "double")]
    assert ("add", "tools") in heard.runs
    assert ("RunnableLambda", "double") in heard.runs


def test_injected_arguments() -> None:
    """A tool of ferrule gets langgraph's state, store and runtime, and returns a command."""
    stores = pytest.importorskip("langgraph.store.memory")

    @tool
    def look(
        state: Annotated[dict[str, Any], prebuilt.InjectedState],
        store: Annotated[Any, prebuilt.InjectedStore()],
        call_id: Annotated[str, InjectedToolCallId],
        name: str,
    ) -> str:
        """Look at what is injected."""
        store.put(("seen",), name, {"by": call_id})
        return f"{name}: {len(state['messages'])} messages"

    @tool
    def finish(runtime: prebuilt.ToolRuntime) -> types.Command:
        """End with a message of its own."""
        runtime.stream_writer({"ending": runtime.tool_call_id})
        said = ToolMessage(f"{len(runtime.state['messages'])}", tool_call_id=runtime.tool_call_id)
        return types.Command(update={"messages": [said]})

    assert [list(made.args) for made in (look, finish)] == [["name"], []]
    store = stores.InMemoryStore()
    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("tools", prebuilt.ToolNode([look, finish]))
    graph.add_edge(graphs.START, "tools")
    calls = [
        {"name": "look", "args": {"name": "a"}, "id": "1"},
        {"name": "finish", "args": {}, "id": "2"},
    ]
    said = {"messages": [HumanMessage("hi"), AIMessage("", tool_calls=calls)]}
    streamed = list(graph.compile(store=store).stream(said, stream_mode=["custom", "values"]))
    assert ("custom", {"ending": "2"}) in streamed
    told = [message.content for message in streamed[-1][1]["messages"][2:]]
    assert told == ["a: 2 messages", "2"]
    assert store.get(("seen",), "a").value == {"by": "1"}


def test_config_in_a_signature() -> None:
    """A node whose parameter is annotated with ferrule's type of configs gets its config."""

    def look(state: Any, config: Any) -> Any:
        return {"said": [config["configurable"]["thread_id"]]}

    for annotation in (RunnableConfig, Optional[RunnableConfig]):  # noqa: UP045  as older code says it
        look.__annotations__["config"] = annotation
        app = speaking(look=look).compile()
        settings = {"configurable": {"thread_id": "7"}}
        assert app.invoke({"said": []}, settings)["said"] == ["7"]


def test_functional_api() -> None:
    """Tasks and entrypoints run chains of ferrule, which call tasks."""
    func = pytest.importorskip("langgraph.func")
    double = RunnableLambda(lambda number: number * 2, name="double")

    @func.task
    def step(number: int) -> int:
        return (double | (lambda value: value + 1)).invoke(number)

    call = RunnableLambda(lambda number: step(number).result(), name="call")

    @func.entrypoint(checkpointer=checkpoints.InMemorySaver())
    def work(number: int, *, previous: Any = None) -> Any:
        answer = types.interrupt(f"add {previous}?")
        return step(number).result() + call.invoke(number) + answer

    heard = Heard()
    thread = {"configurable": {"thread_id": "1"}, "callbacks": [heard]}
    assert work.invoke(3, thread)["__interrupt__"][0].value == "add None?"
    assert work.invoke(types.Command(resume=100), thread) == 114
    assert work.invoke(1, thread)["__interrupt__"][0].value == "add 114?"
    assert ("double", "RunnableSequence") in heard.runs
    assert ("call", "work") in heard.runs
    assert ("step", "work") in heard.runs
    assert ("step", "call") in heard.runs


def test_subgraphs() -> None:
    """A graph within a chain within a graph streams, interrupts and resumes."""

    def ask(state: Any) -> Any:
        return {"said": [types.interrupt("ok?")]}

    inner = speaking(ask=RunnablePassthrough() | RunnableLambda(ask)).compile()
    call = RunnableLambda(lambda state: inner.invoke(state), name="call")  # noqa: PLW0108  no config
    app = speaking(outer=call).compile(checkpointer=checkpoints.InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    assert app.invoke({"said": []}, thread)["__interrupt__"][0].value == "ok?"
    assert app.get_state(thread).next == ("outer",)
    resumed = list(app.stream(types.Command(resume="yes"), thread, subgraphs=True))
    assert [len(place) for place, _ in resumed] == [1, 0]
    assert resumed[-1][1] == {"outer": {"said": ["yes"]}}


def test_commands_and_routes() -> None:
    """Chains of ferrule route: by commands, as conditions of edges, by sending."""
    graph = graphs.StateGraph(State)
    first = RunnablePassthrough() | (lambda _: types.Command(update={"said": ["a"]}, goto="second"))
    graph.add_node("first", first)
    graph.add_node("second", RunnableLambda(lambda _: {"said": ["b"]}))
    graph.add_node("third", RunnableLambda(lambda sent: {"said": [sent["one"]]}))
    graph.add_edge(graphs.START, "first")
    route = RunnablePassthrough() | RunnableLambda(
        lambda state: [types.Send("third", {"one": f"{word}!"}) for word in state["said"]]
    )
    graph.add_conditional_edges("second", route, ["third"])
    assert graph.compile().invoke({"said": []})["said"] == ["a", "b", "a!", "b!"]


def test_reducer() -> None:
    """`add_messages` merges, replaces, removes and completes messages of ferrule."""
    merge = graphs.add_messages
    kept = merge([HumanMessage("a", id="1")], [AIMessageChunk("b", id="2")])
    assert kept == [HumanMessage("a", id="1"), AIMessage("b", id="2")]
    assert merge(kept, AIMessage("c", id="2"))[1].content == "c"
    assert merge(kept, [RemoveMessage(id="1")]) == kept[1:]
    everything = RemoveMessage(
        id=pytest.importorskip("langgraph.graph.message").REMOVE_ALL_MESSAGES
    )
    assert merge(kept, [everything, HumanMessage("d", id="3")]) == [HumanMessage("d", id="3")]


def test_sqlite_checkpoints() -> None:
    """A conversation is kept in SQLite, sync and async; what is restored equals what was said."""
    sqlite = pytest.importorskip("langgraph.checkpoint.sqlite")
    thread = {"configurable": {"thread_id": "1"}}
    with sqlite.SqliteSaver.from_conn_string(":memory:") as saver:
        app = chat(chains.our_model()).compile(checkpointer=saver)
        answer = app.invoke(ASK, thread)["messages"][-1]
        kept = app.invoke({"messages": [HumanMessage("again")]}, thread)["messages"]
        assert kept[1] == answer
        assert [message.text for message in kept] == ["hi", "four", "again", "four"]

    async def talk() -> Any:
        aio = pytest.importorskip("langgraph.checkpoint.sqlite.aio")
        async with aio.AsyncSqliteSaver.from_conn_string(":memory:") as saver:
            app = chat(chains.our_model()).compile(checkpointer=saver)
            await app.ainvoke(ASK, thread)
            return (await app.aget_state(thread)).values["messages"]

    assert [message.text for message in asyncio.run(talk())] == ["hi", "four"]


def test_create_agent(openai_server: Any) -> None:
    """Langchain's agent calls ferrule's tools for a model of langchain-openai, as a step."""
    agents = pytest.importorskip("langchain.agents")
    pytest.importorskip("langchain_openai")
    openai_server.script.extend([[("add", {"a": 1, "b": 2})], "three"])
    agent = agents.create_agent(chains.their_model(openai_server.url), [chains.add])
    chain = RunnableLambda(lambda text: {"messages": [HumanMessage(text)]}) | agent
    heard = Heard()
    result = (chain | (lambda state: state["messages"][-1].text)).invoke(
        "1 + 2?", {"callbacks": [heard]}
    )
    assert result == "three"
    assert ("add", "tools") in heard.runs
    assert heard.runs.count(("ChatOpenAI", "model")) == 2
    assert openai_server.requests[0]["tools"][0]["function"]["name"] == "add"
    assert openai_server.requests[1]["messages"][-1]["content"] == "3"


def test_create_agent_with_our_model() -> None:
    """Langchain's agent works with a model of ferrule."""
    agents = pytest.importorskip("langchain.agents")

    model = chains.calling(AIMessage("", tool_calls=CALLS[:1]), AIMessage("three"))
    heard = Heard()
    result = agents.create_agent(model, [chains.add]).invoke(ASK, {"callbacks": [heard]})
    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "ai"]
    assert result["messages"][-1].text == "three"
    assert heard.runs.count(("CallingModel", "model")) == 2
