"""The tool-calling agent: its course, its limits, its streams."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from pydantic import PrivateAttr, ValidationError

from ferrule.language_models import GenericFakeChatModel
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    invalid_tool_call,
    tool_call_chunk,
)
from ferrule.outputs import ChatGenerationChunk
from ferrule.prompt_values import StringPromptValue
from ferrule.runnables import RunnableLambda
from ferrule.tool_agent import AgentLimitError, ToolCallingAgent, create_tool_calling_agent
from ferrule.tools import ToolException, tool


class Scripted(GenericFakeChatModel):
    """Says the messages that it is given, and remembers what it was asked and bound to."""

    _asked: list = PrivateAttr(default_factory=list)
    _bound: list = PrivateAttr(default_factory=list)

    def bind_tools(self, tools, **kwargs):
        self._bound.extend(tools)
        return self

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self._asked.append(list(messages))
        return super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        self._asked.append(list(messages))
        yield from super()._stream(messages, stop=stop, run_manager=run_manager, **kwargs)


def saying(*messages):
    return Scripted(messages=iter([AIMessage(m) if isinstance(m, str) else m for m in messages]))


def calling(*calls, text="", **more):
    return AIMessage(
        text,
        tool_calls=[
            {"name": name, "args": args, "id": f"c{n}", "type": "tool_call"}
            for n, (name, args) in enumerate(calls, 1)
        ],
        **more,
    )


@tool
def add(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y


@tool
def fail(reason: str) -> str:
    """Fail."""
    raise ValueError(reason)


def ask(way, agent, question="q", **config):
    """Invoke, await or stream: the result must not depend on it."""
    if way == "invoke":
        return agent.invoke(question, config)
    if way == "ainvoke":
        return asyncio.run(agent.ainvoke(question, config))
    if way == "stream":
        chunks = list(agent.stream(question, config))
    else:

        async def collect():
            return [chunk async for chunk in agent.astream(question, config)]

        chunks = asyncio.run(collect())
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return {**total, "messages": list(total["messages"])}


EACH_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])


def contents(result):
    return [(m.type.removesuffix("MessageChunk").lower(), m.text) for m in result["messages"]]


@EACH_WAY
def test_tools_are_called_until_there_is_an_answer(way):
    """Calls of the model are carried out and told to it, in the order of the calls."""
    model = saying(
        calling(("add", {"x": 1, "y": 2}), ("add", {"x": 3, "y": 4})),
        calling(("add", {"x": 3, "y": 7})),
        "It is 10.",
    )
    result = ask(way, ToolCallingAgent(model=model, tools=[add]))
    assert result["output"] == "It is 10."
    assert contents(result) == [
        ("ai", ""), ("tool", "3"), ("tool", "7"), ("ai", ""), ("tool", "10"), ("ai", "It is 10."),
    ]  # fmt: skip
    assert [m.tool_call_id for m in result["messages"] if m.type == "tool"] == ["c1", "c2", "c1"]
    assert [[m.type for m in asked] for asked in model._asked] == [
        ["human"],
        ["human", "ai", "tool", "tool"],
        ["human", "ai", "tool", "tool", "ai", "tool"],
    ]


@EACH_WAY
def test_no_calls(way):
    """An answer without calls is the result at once, with or without tools."""
    assert ask(way, ToolCallingAgent(model=saying("Hi."), tools=[]))["output"] == "Hi."
    assert ask(way, create_tool_calling_agent(saying("Hi."), [add]))["output"] == "Hi."


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("q", ["human"]),
        (HumanMessage("q"), ["human"]),
        ([("system", "s"), "q"], ["system", "human"]),
        (StringPromptValue(text="q"), ["human"]),
        ({"input": "q"}, ["human"]),
        ({"messages": [HumanMessage("q")]}, ["human"]),
        (
            {"input": "q", "chat_history": [HumanMessage("a"), AIMessage("b")]},
            ["human", "ai", "human"],
        ),
        ({"input": [HumanMessage("q")], "chat_history": []}, ["human"]),
    ],
)
def test_inputs(given, asked):
    """Text, messages, prompt values and dicts of them are understood."""
    model = saying("a")
    ToolCallingAgent(model=model).invoke(given)
    assert [m.type for m in model._asked[0]] == asked
    assert model._asked[0][-1].content == "q"


def test_inputs_are_not_written_to():
    """The list that was given stays as it is."""
    given = [HumanMessage("q")]
    ToolCallingAgent(model=saying("a"), system_prompt="s").invoke(given)
    assert given == [HumanMessage("q")]


def test_unknown_options_are_refused():
    """A misspelt limit is an error, not an agent without the limit."""
    with pytest.raises(ValueError, match="max_iteration\n"):
        create_tool_calling_agent(saying("a"), [add], max_iteration=1)


@EACH_WAY
def test_a_model_that_says_no_message_is_refused(way):
    """What the model answers has to be a message of its own."""

    class Odd(Scripted):
        def bind_tools(self, tools, **kwargs):
            return RunnableLambda(lambda messages: "text")

    agent = ToolCallingAgent(model=Odd(messages=iter([])), tools=[add])
    with pytest.raises(TypeError, match="answers with an AIMessage, not str"):
        ask(way, agent)


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [(3, TypeError, "not int: 3"), ({"question": "q"}, ValueError, "only \\['question'\\]")],
)
def test_other_inputs_are_refused(given, error, what):
    """What the agent does not understand is an error that shows it."""
    with pytest.raises(error, match=what):
        ToolCallingAgent(model=saying("a")).invoke(given)


@pytest.mark.parametrize("prompt", ["Be brief.", SystemMessage("Be brief.")])
def test_system_prompt_comes_first(prompt):
    """The system prompt is told before everything else, each time."""
    model = saying(calling(("add", {"x": 1, "y": 2})), "3")
    ToolCallingAgent(model=model, tools=[add], system_prompt=prompt).invoke("q")
    assert [asked[0] for asked in model._asked] == [SystemMessage("Be brief.")] * 2


@EACH_WAY
def test_failures_of_tools_are_told_to_the_model(way):
    """An exception of a tool becomes an answer with the status "error"; other calls are done."""
    model = saying(calling(("fail", {"reason": "no"}), ("add", {"x": 1, "y": 2})), "Sorry.")
    result = ask(way, ToolCallingAgent(model=model, tools=[add, fail]))
    tools = [m for m in result["messages"] if m.type == "tool"]
    assert [(m.text, m.status) for m in tools] == [("ValueError: no", "error"), ("3", "success")]


@pytest.mark.parametrize(
    ("policy", "told"), [("Try again.", "Try again."), (lambda error: f"<{error}>", "<no>")]
)
def test_failures_can_be_told_otherwise(policy, told):
    """The model can be told a fixed text, or what a function makes of the error."""
    model = saying(calling(("fail", {"reason": "no"})), "Sorry.")
    agent = ToolCallingAgent(model=model, tools=[fail], handle_tool_errors=policy)
    assert agent.invoke("q")["messages"][1].text == told


@EACH_WAY
def test_failures_can_end_the_run(way):
    """With `handle_tool_errors=False` the exception reaches the caller."""
    model = saying(calling(("fail", {"reason": "no"})))
    agent = ToolCallingAgent(model=model, tools=[fail], handle_tool_errors=False)
    with pytest.raises(ValueError, match="^no$"):
        ask(way, agent)


def test_what_a_tool_handles_itself_stays_so():
    """The tool's own handling comes first."""

    def refuse() -> str:
        """Refuse."""
        raise ToolException("own")

    refusing = tool(refuse)
    refusing.handle_tool_error = True
    model = saying(calling(("refuse", {})), "Sorry.")
    agent = ToolCallingAgent(model=model, tools=[refusing], handle_tool_errors=False)
    assert agent.invoke("q")["messages"][1].text == "own"


def test_unknown_tools_and_broken_arguments_are_told():
    """Calls that cannot be carried out are answered, so that the model can do better."""
    broken = AIMessage(
        "", invalid_tool_calls=[invalid_tool_call(name="add", args="{", id="c9", error="cut off")]
    )
    model = saying(calling(("sub", {})), broken, calling(("add", {"x": "one", "y": 2})), "Sorry.")
    told = [
        m
        for m in ToolCallingAgent(model=model, tools=[add]).invoke("q")["messages"]
        if m.type == "tool"
    ]
    assert [m.status for m in told] == ["error"] * 3
    assert told[0].text == "There is no tool 'sub'; the tools are: add."
    assert (told[1].text, told[1].tool_call_id) == ("The arguments are not JSON: cut off", "c9")
    assert "ValidationError" in told[2].text


class CutOff(Scripted):
    """Breaks off inside the arguments of a call when it streams."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        if len(messages) > 1:
            yield from super()._stream(messages, stop, run_manager, **kwargs)
            return
        piece = tool_call_chunk(name="add", args='{"x": 1, "y": 2', id="c1", index=0)
        yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=[piece]))


def test_a_call_that_breaks_off_is_not_carried_out():
    """A tool is never run with the arguments that had arrived when a stream was cut off."""
    ran = []

    @tool("add")
    def spy(x: int, y: int) -> int:
        """Add two numbers."""
        ran.append((x, y))
        return x + y

    model = CutOff(messages=iter([AIMessage("Sorry.")]))
    chunks = list(ToolCallingAgent(model=model, tools=[spy]).stream("q"))
    answers = [m for chunk in chunks for m in chunk.get("messages", ()) if m.type == "tool"]
    assert ran == []
    assert [(m.status, m.tool_call_id) for m in answers] == [("error", "c1")]


def test_calls_without_id_get_one():
    """The answer of a call can be tied to it even if the model gave no id."""
    call = AIMessage("", tool_calls=[{"name": "add", "args": {"x": 1, "y": 2}, "id": None}])
    messages = ToolCallingAgent(model=saying(call, "3"), tools=[add]).invoke("q")["messages"]
    assert messages[0].tool_calls[0]["id"] == messages[1].tool_call_id
    assert messages[1].text == "3"


@EACH_WAY
def test_direct_tools_end_the_run(way):
    """The output of a tool with `return_direct` is the answer, unless it failed."""

    @tool(return_direct=True)
    def answer(text: str) -> str:
        """Answer."""
        if not text:
            raise ValueError("empty")
        return text

    model = saying(calling(("answer", {"text": ""})), calling(("answer", {"text": "42"})), "never")
    result = ask(way, ToolCallingAgent(model=model, tools=[answer]))
    assert result["output"] == "42"
    assert len(model._asked) == 2


def endless():
    while True:
        yield calling(("add", {"x": 1, "y": 2}))


@EACH_WAY
def test_limit_of_rounds(way):
    """After the last round an error holds what was said, complete."""
    agent = ToolCallingAgent(model=Scripted(messages=endless()), tools=[add], max_iterations=2)
    with pytest.raises(AgentLimitError, match="after 2 rounds") as caught:
        ask(way, agent)
    assert [m.type for m in caught.value.messages] == ["ai", "tool", "ai", "tool"]


@EACH_WAY
def test_limit_can_be_an_answer(way):
    """With `on_limit="return"` the output says that the agent was stopped."""
    agent = ToolCallingAgent(
        model=Scripted(messages=endless()), tools=[add], max_iterations=1, on_limit="return"
    )
    result = ask(way, agent)
    assert result["output"] == "The agent has no answer after 1 rounds of tool calls."
    assert contents(result)[-1] == ("ai", result["output"])


def test_time_limit_between_steps():
    """Sync, no step is begun after the time is up; unfinished calls are answered."""

    @tool
    def slow() -> str:
        """Take long."""
        time.sleep(0.03)
        return "done"

    agent = ToolCallingAgent(
        model=saying(calling(("slow", {})), "never"), tools=[slow], max_execution_time=0.02
    )
    with pytest.raises(AgentLimitError, match="after 0.02 seconds") as caught:
        agent.invoke("q")
    assert [m.text for m in caught.value.messages] == ["", "done"]


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
def test_time_limit_cancels_what_is_under_way(way):
    """Async, a tool that takes too long is cancelled, and its call is answered."""
    cancelled = []

    @tool
    async def hang() -> str:
        """Hang."""
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    agent = ToolCallingAgent(
        model=saying(calling(("hang", {})), "never"),
        tools=[hang],
        max_execution_time=0.1,
        on_limit="return",
    )
    result = ask(way, agent)
    assert cancelled == [True]
    assert result["output"] == "The agent has no answer after 0.1 seconds."
    assert contents(result)[1] == ("tool", "The agent was stopped before the tool was done.")


def test_timeouts_of_tools_are_their_own():
    """A TimeoutError that a tool raises is no limit of the agent."""

    @tool
    async def impatient() -> str:
        """Give up."""
        raise TimeoutError("mine")

    agent = ToolCallingAgent(
        model=saying(calling(("impatient", {}))),
        tools=[impatient],
        max_execution_time=60,
        handle_tool_errors=False,
    )
    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(agent.ainvoke("q"))


def test_calls_run_at_once():
    """Calls of one answer wait for each other without deadlock, in threads and in tasks."""
    barrier = threading.Barrier(2, timeout=10)

    @tool
    def meet() -> str:
        """Meet."""
        barrier.wait()
        return "met"

    both = calling(("meet", {}), ("meet", {}))
    for way in ("invoke", "ainvoke"):
        result = ask(way, ToolCallingAgent(model=saying(both, "ok"), tools=[meet]))
        assert [m.text for m in result["messages"]] == ["", "met", "met", "ok"]


def test_stream_yields_the_model_in_pieces():
    """The model's words come as they are said, then each result, then the output."""
    model = saying(calling(("add", {"x": 1, "y": 2}), text="Let me see."), "It is 3.")
    chunks = list(ToolCallingAgent(model=model, tools=[add]).stream("q"))
    said = [message for chunk in chunks for message in chunk.get("messages", ())]
    tool_at = next(n for n, message in enumerate(said) if message.type == "tool")
    assert "".join(m.text for m in said[:tool_at]) == "Let me see."
    assert "".join(m.text for m in said[tool_at + 1 :]) == "It is 3."
    assert all(isinstance(m, AIMessageChunk) for m in said if m.type != "tool")
    assert len(said) > 4
    assert chunks[-1] == {"output": "It is 3."}


def test_closing_the_stream_ends_it():
    """After an early close no further step is taken."""
    model = saying(calling(("add", {"x": 1, "y": 2})), "never")
    stream = ToolCallingAgent(model=model, tools=[add]).stream("q")
    next(stream)
    stream.close()
    assert len(model._asked) == 1


def test_functions_and_dicts_as_tools():
    """Functions become tools; dicts are passed on to the model alone."""

    def double(x: int) -> int:
        """Double."""
        return 2 * x

    model = saying(calling(("double", {"x": 2})), "4")
    agent = ToolCallingAgent(model=model, tools=[double, {"type": "web_search"}])
    assert agent.invoke("q")["messages"][1].text == "4"
    assert [getattr(t, "name", t) for t in model._bound] == ["double", {"type": "web_search"}]


def test_bad_settings_are_refused_when_the_agent_is_made():
    """Two tools of one name and a model without tools are errors at once."""
    with pytest.raises(ValueError, match="name of its own: add, add"):
        ToolCallingAgent(model=saying(), tools=[add, add])
    with pytest.raises(TypeError, match="RunnableLambda cannot be given tools"):
        ToolCallingAgent(model=RunnableLambda(len), tools=[add])
    with pytest.raises(NotImplementedError):
        ToolCallingAgent(model=GenericFakeChatModel(messages=iter([])), tools=[add])


def test_output_of_own_messages():
    """A tool may answer with messages of its own making."""

    @tool
    def own() -> list:
        """Own."""
        return [ToolMessage("one", tool_call_id="c1"), ToolMessage("two", tool_call_id="c1")]

    result = ToolCallingAgent(model=saying(calling(("own", {})), "ok"), tools=[own]).invoke("q")
    assert contents(result) == [("ai", ""), ("tool", "one"), ("tool", "two"), ("ai", "ok")]


def test_what_an_agent_is_made_of():
    """What cannot be asked, or is no list of tools, is refused when the agent is made."""
    with pytest.raises(TypeError, match=r"asks a chat model, .* but got 5 \(int\)"):
        create_tool_calling_agent(5, [])
    with pytest.raises(ValidationError, match=r"tools\n  Input should be a valid list"):
        create_tool_calling_agent(Scripted(messages=iter([])), 5)
    with pytest.raises(TypeError, match="got the tool 'add'; put a single tool into a list"):
        create_tool_calling_agent(Scripted(messages=iter([])), add)
