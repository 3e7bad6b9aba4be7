"""What handlers hear of an agent."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from ferrule.chat_history import InMemoryChatMessageHistory
from ferrule.language_models import GenericFakeChatModel
from ferrule.messages import AIMessage
from ferrule.runnables import RunnableLambda, RunnableWithMessageHistory
from ferrule.testing import AsyncRecordingHandler, RecordingHandler
from ferrule.tool_agent import ToolCallingAgent
from ferrule.tools import tool


class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


def saying(*messages):
    return Scripted(messages=iter(messages))


def calling(*calls):
    return AIMessage(
        "",
        tool_calls=[
            {"name": name, "args": args, "id": f"c{n}"} for n, (name, args) in enumerate(calls)
        ],
    )


@tool
def add(x: int, y: int) -> int:
    """Add two numbers."""
    return RunnableLambda(lambda _: x + y).with_config(run_name="adding").invoke(None)


@tool
def fail() -> str:
    """Fail."""
    raise ValueError("no")


def run(way, agent, handler):
    config = {"callbacks": [handler]}
    if way == "invoke":
        return agent.invoke("q", config)
    if way == "ainvoke":
        return asyncio.run(agent.ainvoke("q", config))
    if way == "stream":
        return list(agent.stream("q", config))

    async def collect():
        return [chunk async for chunk in agent.astream("q", config)]

    return asyncio.run(collect())


WAYS = ["invoke", "ainvoke", "stream", "astream"]
EACH_WAY = pytest.mark.parametrize("way", WAYS)
EACH_HANDLER = pytest.mark.parametrize("kind", [RecordingHandler, AsyncRecordingHandler])


def shape(record):
    return (record.kind, record.outcome, [shape(child) for child in record.children])


@EACH_HANDLER
@EACH_WAY
def test_everything_is_nested_under_the_agent(way, kind):
    """Model and tools are children of the agent's run, what tools run are theirs."""
    handler = kind()
    model = saying(calling(("add", {"x": 1, "y": 2})), AIMessage("It is 3."))
    run(way, ToolCallingAgent(model=model, tools=[add]), handler)
    handler.assert_all_runs_ended()
    (root,) = handler.trace.roots
    assert root.name == "ToolCallingAgent"
    assert shape(root) == (
        "chain",
        "end",
        [
            ("chat_model", "end", []),
            ("tool", "end", [("chain", "end", [])]),
            ("chat_model", "end", []),
        ],
    )
    assert root.outputs["output"] == "It is 3."
    assert [message.type for message in root.outputs["messages"]] == ["ai", "tool", "ai"]


@EACH_WAY
def test_decisions_are_told(way):
    """Each call is told before its tool starts, the answer before the run ends."""
    handler = RecordingHandler()
    model = saying(
        calling(("add", {"x": 1, "y": 2}), ("add", {"x": 3, "y": 4})), AIMessage("Done.")
    )
    run(way, ToolCallingAgent(model=model, tools=[add]), handler)
    names = handler.trace.names
    actions = [e for e in handler.trace if e.event == "on_agent_action"]
    (finish,) = [e for e in handler.trace if e.event == "on_agent_finish"]
    assert [(e.payload[0].tool, e.payload[0].tool_input) for e in actions] == [
        ("add", {"x": 1, "y": 2}),
        ("add", {"x": 3, "y": 4}),
    ]
    assert finish.payload[0].return_values == {"output": "Done."}
    root = handler.trace.events[0].run_id
    assert {e.run_id for e in (*actions, finish)} == {root}
    last_action = max(n for n, name in enumerate(names) if name == "on_agent_action")
    assert last_action < names.index("on_tool_start")
    assert names[-2:] == ["on_agent_finish", "on_chain_end"]


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_tokens_are_told(way):
    """Streaming an agent streams its model."""
    handler = RecordingHandler()
    run(way, ToolCallingAgent(model=saying(AIMessage("one two"))), handler)
    assert handler.trace.names.count("on_llm_new_token") >= 3


def test_stream_that_is_closed_early_ends_everything():
    """An early close is an end of the agent and of its model, with what was said."""
    handler = RecordingHandler()
    stream = ToolCallingAgent(model=saying(AIMessage("one two three"))).stream(
        "q", {"callbacks": [handler]}
    )
    next(stream)
    stream.close()
    handler.assert_all_runs_ended()
    (root,) = handler.trace.roots
    assert shape(root) == ("chain", "end", [("chat_model", "end", [])])
    assert root.outputs["messages"][0].text == "one"
    assert "output" not in root.outputs


@EACH_WAY
def test_failure_that_ends_the_run(way):
    """A tool's failure is the error of its run and of the agent's."""
    handler = RecordingHandler()
    agent = ToolCallingAgent(
        model=saying(calling(("fail", {}))), tools=[fail], handle_tool_errors=False
    )
    with pytest.raises(ValueError, match="^no$"):
        run(way, agent, handler)
    handler.assert_all_runs_ended()
    (root,) = handler.trace.roots
    assert root.outcome == "error"
    assert [child.outcome for child in root.children] == ["end", "error"]


def test_agent_in_a_chain():
    """An agent is a step like any other."""
    handler = RecordingHandler()
    agent = ToolCallingAgent(model=saying(AIMessage("hi")))
    chain = RunnableLambda(str.upper) | agent | (lambda result: result["output"])
    assert chain.invoke("q", {"callbacks": [handler], "tags": ["t"]}) == "hi"
    (root,) = handler.trace.roots
    agent_run = root.children[1]
    assert agent_run.name == "ToolCallingAgent"
    assert set(agent_run.tags) == {"t", "seq:step:2"}
    assert agent_run.children[0].tags == ["t"]


def test_agent_as_a_tool_of_another():
    """An agent that is a tool has its runs under that tool's."""
    helper = ToolCallingAgent(model=saying(AIMessage("42")))

    @tool
    def ask(question: str) -> str:
        """Ask the helper."""
        return helper.invoke(question)["output"]

    handler = RecordingHandler()
    model = saying(calling(("ask", {"question": "?"})), AIMessage("It is 42."))
    ToolCallingAgent(model=model, tools=[ask]).invoke("q", {"callbacks": [handler]})
    (root,) = handler.trace.roots
    assert shape(root)[2][1] == (
        "tool", "end", [("chain", "end", [("chat_model", "end", [])])]
    )  # fmt: skip


def test_history_is_kept():
    """With RunnableWithMessageHistory, an agent remembers what was said, tool results included."""
    history = InMemoryChatMessageHistory()
    model = saying(calling(("add", {"x": 1, "y": 2})), AIMessage("3"), AIMessage("It was 3."))
    agent = RunnableWithMessageHistory(
        ToolCallingAgent(model=model, tools=[add]),
        lambda session_id: history,
        input_messages_key="input",
        output_messages_key="messages",
        history_messages_key="chat_history",
    )
    config = {"configurable": {"session_id": "s"}}
    agent.invoke({"input": "1 + 2?"}, config)
    assert [m.type for m in history.messages] == ["human", "ai", "tool", "ai"]
    assert agent.invoke({"input": "What was it?"}, config)["output"] == "It was 3."
    assert [m.type for m in history.messages][4:] == ["human", "ai"]


rounds = st.lists(
    st.lists(st.sampled_from(["add", "fail", "unknown", "bad"]), max_size=3), max_size=4
)


@settings(max_examples=25)
@given(rounds, st.sampled_from(WAYS), st.booleans(), st.integers(1, 3))
def test_every_run_ends_and_every_call_is_answered(script, way, is_tolerant, limit):
    """Whatever the model asks for, runs end once and each tool call has its answer."""
    args = {"add": {"x": 1, "y": 2}, "bad": {"x": "one", "y": 2}}

    def answers():
        for calls in script:
            if calls:
                yield calling(*(("add" if c == "bad" else c, args.get(c, {})) for c in calls))
        for _ in count():
            yield AIMessage("Done.")

    agent = ToolCallingAgent(
        model=Scripted(messages=answers()),
        tools=[add, fail],
        handle_tool_errors=is_tolerant,
        max_iterations=limit,
        on_limit="return",
    )
    handler = RecordingHandler()
    try:
        run(way, agent, handler)
    except ValueError:  # validation errors are
        assert not is_tolerant
    handler.assert_all_runs_ended()
    (root,) = handler.trace.roots
    if root.outcome == "end":
        said = root.outputs["messages"]
        asked = [c["id"] for m in said if m.type == "ai" for c in m.tool_calls]
        assert asked == [m.tool_call_id for m in said if m.type == "tool"]
        assert root.outputs["output"] == said[-1].text
