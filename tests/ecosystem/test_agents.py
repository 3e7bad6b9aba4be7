"""ferrule's models, tools, chains and exceptions in langchain's agents and what builds on them."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from ferrule.exceptions import ContextOverflowError, ModelRateLimitError
from ferrule.messages import AIMessage, HumanMessage, ToolMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.runnables import RunnableLambda
from tests.ecosystem import chains
from tests.unit.interop.heard import Heard

agents = pytest.importorskip("langchain.agents")
middleware = pytest.importorskip("langchain.agents.middleware")
checkpoints = pytest.importorskip("langgraph.checkpoint.memory")
prebuilt = pytest.importorskip("langgraph.prebuilt")
types = pytest.importorskip("langgraph.types")

ASK = {"messages": [HumanMessage("1 + 2?")]}
ADDING = chains.call("add", a=1, b=2)


def texts(state: Any) -> list[tuple[str, str]]:
    """Return kind and content of each message."""
    return [(message.type, message.content) for message in state["messages"]]


class Failing(chains.CallingModel):
    """A model that fails a few times before it answers."""

    failures: list[Exception]

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        if self.failures:
            raise self.failures.pop()
        return super()._generate(*args, **kwargs)


def test_middleware() -> None:
    """Hooks around models and tools see ferrule's objects, and change what they are called with."""
    seen: list[Any] = []

    @middleware.wrap_model_call
    def around_model(request: Any, handler: Any) -> Any:
        seen.append((type(request.model).__name__, len(request.messages)))
        return handler(request.override(system_message=None))

    @middleware.wrap_tool_call
    def around_tool(request: Any, handler: Any) -> Any:
        seen.append((request.tool.name, request.tool_call["args"]))
        answer = handler(request)
        return ToolMessage(f"{answer.content}!", tool_call_id=answer.tool_call_id)

    @middleware.before_model
    def guard(state: Any, runtime: Any) -> None:
        RunnableLambda(len, name="guard").invoke(state["messages"])

    agent = agents.create_agent(
        chains.calling(ADDING, AIMessage("three")),
        [chains.add],
        middleware=[around_model, around_tool, guard],
    )
    heard = Heard()
    state = agent.invoke(ASK, {"callbacks": [heard]})
    assert texts(state)[2:] == [("tool", "3!"), ("ai", "three")]
    assert seen == [("CallingModel", 1), ("add", {"a": 1, "b": 2}), ("CallingModel", 3)]
    assert heard.runs.count(("guard", "guard.before_model")) == 2


def test_failures_are_retried_and_replaced() -> None:
    """Middleware recognises ferrule's model errors: it retries, and falls back."""
    retrying = middleware.ModelRetryMiddleware(max_retries=2, initial_delay=0.001, jitter=False)
    model = Failing(responses=[AIMessage("three")], failures=[ModelRateLimitError("slow")] * 2)
    assert texts(agents.create_agent(model, middleware=[retrying]).invoke(ASK))[-1][1] == "three"
    assert not model.failures
    broken = Failing(responses=[AIMessage("no")], failures=[ModelRateLimitError("slow")])
    fallback = middleware.ModelFallbackMiddleware(chains.calling(AIMessage("instead")))
    assert texts(agents.create_agent(broken, middleware=[fallback]).invoke(ASK))[-1][1] == "instead"


def test_approval_by_a_person() -> None:
    """A person approves the call of a tool of ferrule."""
    asking = middleware.HumanInTheLoopMiddleware(interrupt_on={"add": True})
    agent = agents.create_agent(
        chains.calling(ADDING, AIMessage("three")),
        [chains.add],
        middleware=[asking],
        checkpointer=checkpoints.InMemorySaver(),
    )
    thread = {"configurable": {"thread_id": "1"}}
    (request,) = agent.invoke(ASK, thread)["__interrupt__"][0].value["action_requests"]
    assert (request["name"], request["args"]) == ("add", {"a": 1, "b": 2})
    approved = types.Command(resume={"decisions": [{"type": "approve"}]})
    assert texts(agent.invoke(approved, thread))[2:] == [("tool", "3"), ("ai", "three")]


def test_summaries() -> None:
    """A model of ferrule writes the summary of a conversation of ferrule's messages."""
    summing = middleware.SummarizationMiddleware(
        model=chains.calling(AIMessage("It was long.")),
        trigger=("messages", 4),
        keep=("messages", 1),
    )
    agent = agents.create_agent(chains.calling(AIMessage("ok")), middleware=[summing])
    said = [HumanMessage("a"), AIMessage("b"), HumanMessage("c"), AIMessage("d"), HumanMessage("e")]
    state = agent.invoke({"messages": said})
    assert len(state["messages"]) == 3
    assert "It was long." in state["messages"][0].content


def test_chain_as_a_tool() -> None:
    """A chain of ferrule is a tool of an agent: its runs are below the tool's."""
    chain = RunnableLambda(lambda given: given["topic"], name="ask") | chains.our_model()
    search = (chain | StrOutputParser()).as_tool(
        name="search", description="Search.", arg_types={"topic": str}
    )
    model = chains.calling(chains.call("search", topic="x"), AIMessage("found"))
    heard = Heard()
    state = agents.create_agent(model, [search]).invoke(ASK, {"callbacks": [heard]})
    assert texts(state)[2:] == [("tool", chains.ANSWER), ("ai", "found")]
    assert ("RunnableSequence", "search") in heard.runs
    assert ("FakeModel", "RunnableSequence") in heard.runs


def worker(name: str, *answers: AIMessage) -> Any:
    """Make an agent of langgraph's with a model and a tool of ferrule."""
    return prebuilt.create_react_agent(chains.calling(*answers), [chains.add], name=name)


def test_supervisor() -> None:
    """A supervisor with a model of ferrule hands over to an agent, which hands back."""
    supervisors = pytest.importorskip("langgraph_supervisor")
    boss = chains.calling(chains.call("transfer_to_math"), AIMessage("It is three."))
    math = worker("math", ADDING, AIMessage("three"))
    app = supervisors.create_supervisor([math], model=boss).compile()
    state = app.invoke(ASK)
    assert [message.name for message in state["messages"] if message.type == "ai"] == [
        "supervisor",
        "math",
        "math",
        "supervisor",
    ]
    assert texts(state)[-1] == ("ai", "It is three.")


def test_swarm() -> None:
    """Agents with models of ferrule hand a conversation to each other, over several turns."""
    swarms = pytest.importorskip("langgraph_swarm")
    handoff = swarms.create_handoff_tool(agent_name="bob")
    alice = prebuilt.create_react_agent(
        chains.calling(chains.call("transfer_to_bob")), [handoff], name="alice"
    )
    bob = worker("bob", AIMessage("bob here"), AIMessage("still bob"))
    app = swarms.create_swarm([alice, bob], default_active_agent="alice").compile(
        checkpointer=checkpoints.InMemorySaver()
    )
    thread = {"configurable": {"thread_id": "1"}}
    assert texts(app.invoke(ASK, thread))[-1] == ("ai", "bob here")
    assert texts(app.invoke(ASK, thread))[-1] == ("ai", "still bob")


def test_deep_agent() -> None:
    """A deep agent with a model and tools of ferrule writes files, and starts a sub-agent."""
    deep = pytest.importorskip("deepagents")
    model = chains.calling(
        chains.call("write_file", file_path="/a.txt", content="hello"),
        chains.call("task", description="Add.", subagent_type="adder"),
        ADDING,
        AIMessage("three"),
        AIMessage("done"),
    )
    adder = {
        "name": "adder",
        "description": "Adds.",
        "system_prompt": "Add.",
        "tools": [chains.add],
    }
    agent = deep.create_deep_agent(model=model, subagents=[adder])
    state = agent.invoke(ASK)
    assert texts(state)[-1] == ("ai", "done")
    assert ("tool", "three") in texts(state)
    assert list(state["files"]) == ["/a.txt"]


def test_deep_agent_makes_room() -> None:
    """A deep agent summarises when a model of ferrule says that the context is full."""
    deep = pytest.importorskip("deepagents")
    model = Failing(responses=[AIMessage("fine")], failures=[ContextOverflowError("too long")])
    said = [(HumanMessage if turn % 2 == 0 else AIMessage)(str(turn)) for turn in range(31)]
    state = deep.create_deep_agent(model=model).invoke({"messages": said})
    assert texts(state)[-1] == ("ai", "fine")
    assert not model.failures


SERVER = """
from mcp.server.fastmcp import FastMCP

server = FastMCP("sums", log_level="ERROR")

@server.tool()
def triple(number: int) -> int:
    "Triple a number."
    return 3 * number

server.run("stdio")
"""


def test_tools_of_a_server() -> None:
    """Tools of an MCP server are steps of a chain of ferrule; ferrule's become such tools."""
    clients = pytest.importorskip("langchain_mcp_adapters.client")
    adapted = pytest.importorskip("langchain_mcp_adapters.tools")
    connection = {"command": sys.executable, "args": ["-c", SERVER], "transport": "stdio"}
    heard = Heard()

    async def use() -> Any:
        (triple,) = await clients.MultiServerMCPClient({"sums": connection}).get_tools()
        chain = RunnableLambda(lambda number: {"number": number}) | triple
        return await chain.ainvoke(2, {"callbacks": [heard]})

    (block,) = asyncio.run(use())
    assert block["text"] == "6"
    assert ("triple", "RunnableSequence") in heard.runs
    offered = adapted.to_fastmcp(chains.add)
    assert (offered.name, list(offered.parameters["properties"])) == ("add", ["a", "b"])
