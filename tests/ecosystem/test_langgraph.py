"""ferrule's runnables, tools and messages in langgraph's graphs and langchain's agents."""

from __future__ import annotations

import asyncio
from operator import add as concatenate
from typing import Annotated, Any

import pytest
from typing_extensions import TypedDict

from ferrule.language_models import FakeListChatModel, FakeMessagesListChatModel
from ferrule.messages import AIMessage, HumanMessage
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableLambda, RunnablePassthrough
from tests.ecosystem import chains
from tests.unit.interop.heard import Heard

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

    class Calling(FakeMessagesListChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(tools=[tool.name for tool in tools])

    model = Calling(responses=[AIMessage("", tool_calls=CALLS[:1]), AIMessage("three")])
    heard = Heard()
    result = agents.create_agent(model, [chains.add]).invoke(ASK, {"callbacks": [heard]})
    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "ai"]
    assert result["messages"][-1].text == "three"
    assert heard.runs.count(("Calling", "model")) == 2
