"""Runnables of either library as steps of the other's chains."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ferrule.language_models import FakeListChatModel
from ferrule.messages import AIMessage, HumanMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import (
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    chain as ferrule_chain,
)
from ferrule.tool_agent import create_tool_calling_agent
from ferrule.tools import tool
from tests.unit.interop.heard import Heard

theirs = pytest.importorskip("langchain_core.runnables")
models = pytest.importorskip("langchain_core.language_models")
their_messages = pytest.importorskip("langchain_core.messages")
their_tools = pytest.importorskip("langchain_core.tools")
their_prompts = pytest.importorskip("langchain_core.prompts")
their_parsers = pytest.importorskip("langchain_core.output_parsers")

PROMPT = [("human", "{question}")]
HELLO = list("hello")
RUNS = [
    ("RunnableSequence", None),
    ("ChatPromptTemplate", "RunnableSequence"),
    ("FakeListChatModel", "RunnableSequence"),
    ("StrOutputParser", "RunnableSequence"),
]


def their_model() -> Any:
    """Make a model of langchain-core."""
    return models.FakeListChatModel(responses=["hello"])


def our_model() -> Any:
    """Make a model of ferrule."""
    return FakeListChatModel(responses=["hello"])


def mixed_chains() -> list[Any]:
    """Make the same chain with each of its steps from the one library and the other."""
    prompts = ChatPromptTemplate.from_messages, their_prompts.ChatPromptTemplate.from_messages
    parsers = StrOutputParser, their_parsers.StrOutputParser
    return [
        pytest.param(prompt(PROMPT) | model() | parser(), id=f"{i}{j}{k}")
        for i, prompt in enumerate(prompts)
        for j, model in enumerate((our_model, their_model))
        for k, parser in enumerate(parsers)
    ]


@pytest.mark.parametrize("chain", mixed_chains())
def test_mixed_chains(chain: Any) -> None:
    """Prompt, model and parser of either library make a chain, sync, async and in batches."""
    heard = Heard()
    assert chain.invoke({"question": "a"}, {"callbacks": [heard]}) == "hello"
    assert heard.runs == RUNS
    heard = Heard()
    assert asyncio.run(chain.ainvoke({"question": "a"}, {"callbacks": [heard]})) == "hello"
    assert heard.runs == RUNS
    questions = [{"question": "a"}, {"question": "b"}]
    assert chain.batch(questions) == ["hello", "hello"]
    assert asyncio.run(chain.abatch(questions)) == ["hello", "hello"]


async def gather(stream: Any) -> list[Any]:
    """Read an async stream to its end."""
    return [item async for item in stream]


@pytest.mark.parametrize("chain", mixed_chains())
def test_mixed_streams(chain: Any) -> None:
    """Tokens pass through the chain as they come, and are told."""
    tokens = [f"token {token}" for token in HELLO]
    for is_async in (False, True):
        heard = Heard()
        config = {"callbacks": [heard]}
        if is_async:
            chunks = asyncio.run(gather(chain.astream({"question": "a"}, config)))
        else:
            chunks = list(chain.stream({"question": "a"}, config))
        assert [chunk for chunk in chunks if chunk] == HELLO
        assert sorted(heard.runs, key=str) == sorted(RUNS, key=str)
        assert [event for event in heard.events if event in tokens] == tokens


@pytest.mark.parametrize("chain", mixed_chains())
def test_mixed_events(chain: Any) -> None:
    """`astream_events` tells of the steps of both libraries."""
    events = asyncio.run(gather(chain.astream_events({"question": "a"}, version="v2")))
    names = {(event["event"], event["name"]) for event in events}
    assert ("on_prompt_end", "ChatPromptTemplate") in names
    assert ("on_parser_stream", "StrOutputParser") in names
    streamed = [
        event["data"]["chunk"] for event in events if event["event"] == "on_chat_model_stream"
    ]
    assert [chunk.content for chunk in streamed if chunk.content] == HELLO


@pytest.mark.parametrize("is_ours", [True, False])
def test_compositions(is_ours: bool) -> None:
    """Dict values, assign, branch, fallbacks, retry, each, binding: with the other's runnables."""
    ours, other = RunnableLambda, theirs.RunnableLambda
    if not is_ours:
        ours, other = other, ours
    passthrough = RunnablePassthrough if is_ours else theirs.RunnablePassthrough
    branch = RunnableBranch if is_ours else theirs.RunnableBranch
    parallel = RunnableParallel if is_ours else theirs.RunnableParallel

    def fail(value: Any) -> Any:
        msg = "no"
        raise ValueError(msg)

    inner = other(lambda value: value + 1, name="inner")
    assert parallel(a=inner, b=passthrough()).invoke(1) == {"a": 2, "b": 1}
    assert (ours(abs) | {"a": inner}).invoke(1) == {"a": 2}
    assert ({"a": inner} | ours(lambda d: d["a"])).invoke(1) == 2
    assert passthrough.assign(n=other(len)).invoke({"a": 1}) == {"a": 1, "n": 1}
    chosen = branch((lambda value: value > 1, inner), other(lambda value: 0))
    assert [chosen.invoke(1), chosen.invoke(2)] == [0, 3]
    assert ours(fail).with_fallbacks([inner]).invoke(1) == 2
    assert ours(fail).with_fallbacks([inner]).batch([1, 2]) == [2, 3]
    assert (ours(abs) | inner).with_retry().invoke(1) == 2
    assert (ours(lambda value: [value]) | inner.map()).invoke(1) == [2]
    assert ours(lambda value: inner).invoke(1) == 2
    assert list(ours(lambda value: inner).stream(1)) == [2]
    assert (ours(abs) | inner.with_config(tags=["x"])).invoke(1) == 2
    assert asyncio.run((ours(abs) | inner | ours(abs)).ainvoke(1)) == 2

    async def later(value: int) -> Any:
        return inner

    assert asyncio.run(ours(later).ainvoke(1)) == 2


def test_nested_runs_of_compositions() -> None:
    """Each run is below that of the runnable that started it, whichever library's it is."""
    heard = Heard()
    step = theirs.RunnableLambda(abs, name="x")
    both = RunnableParallel(a=step, b=theirs.RunnableParallel(c=RunnableLambda(abs, name="y")))
    both.invoke(1, {"callbacks": [heard]})
    assert sorted(heard.runs, key=str) == [
        ("RunnableParallel<a,b>", None),
        ("RunnableParallel<c>", "RunnableParallel<a,b>"),
        ("x", "RunnableParallel<a,b>"),
        ("y", "RunnableParallel<c>"),
    ]
    assert heard.tags["x"] == ["map:key:a"]
    assert heard.tags["y"] == ["map:key:c"]


def test_there_is_no_run_around_a_step() -> None:
    """A runnable of the other library stays what it is, as a step."""
    step = theirs.RunnableLambda(abs)
    assert (RunnableLambda(abs) | step).last is step
    own = RunnableLambda(abs)
    assert (step | own).last is own


def test_answers_stay_as_they_are() -> None:
    """What a model answers is not converted on its way through the other library's chain."""
    answer = (RunnableLambda(str) | their_model()).invoke("a")
    assert type(answer) is their_messages.AIMessage
    assert isinstance(answer, AIMessage)
    answer = (theirs.RunnableLambda(str) | our_model()).invoke("a")
    assert type(answer) is AIMessage
    assert isinstance(answer, their_messages.AIMessage)


def test_models_take_the_others_prompts() -> None:
    """A model takes prompt values and messages of the other library."""
    text = their_prompts.PromptTemplate.from_template("{question}")
    assert (text | our_model()).invoke({"question": "a"}).content == "hello"
    assert our_model().invoke([their_messages.HumanMessage("a")]).content == "hello"
    assert their_model().invoke([HumanMessage("a")]).content == "hello"


def test_errors_cross() -> None:
    """An exception crosses both libraries as it is, and is told to each run around."""
    error = LookupError("no")

    def fail(value: Any) -> Any:
        raise error

    chain = RunnableLambda(abs, name="a") | theirs.RunnableLambda(
        RunnableLambda(fail, name="c").invoke, name="b"
    )
    heard = Heard()
    with pytest.raises(LookupError) as caught:
        chain.invoke(1, {"callbacks": [heard]})
    assert caught.value is error
    failed = [event for event in heard.events if event.endswith("failed")]
    assert failed == ["c failed", "b failed", "RunnableSequence failed"]


def test_decorated_functions() -> None:
    """`@chain` functions of the two call each other."""

    @theirs.chain
    def inner(value: int) -> int:
        return value + 1

    @ferrule_chain
    def outer(value: int) -> int:
        return inner.invoke(value)

    heard = Heard()
    assert outer.invoke(1, {"callbacks": [heard]}) == 2
    assert heard.runs == [("outer", None), ("inner", "outer")]


def test_schemas_and_graphs() -> None:
    """A mixed chain tells its schemas, its graph and its name."""
    for chain in (
        RunnableLambda(abs) | theirs.RunnableLambda(abs),
        theirs.RunnableLambda(abs) | RunnableLambda(abs),
    ):
        assert chain.get_input_jsonschema()
        assert chain.get_output_jsonschema()
        assert chain.config_specs == []
        assert "RunnableLambda" in repr(chain)
        assert len(chain.get_graph().nodes) == 4
        assert "graph TD" in chain.get_graph().draw_mermaid()


def test_retrievers() -> None:
    """A retriever of langchain-core's is a step, and its documents are documents."""
    retrievers = pytest.importorskip("langchain_core.retrievers")
    documents = pytest.importorskip("langchain_core.documents")

    class Echo(retrievers.BaseRetriever):  # type: ignore[misc,name-defined]
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Any]:
            return [documents.Document(page_content=query)]

    heard = Heard()
    found = (RunnableLambda(str) | Echo()).invoke("a", {"callbacks": [heard]})
    assert [document.page_content for document in found] == ["a"]
    assert heard.runs[-1] == ("Echo", "RunnableSequence")


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize("make", [tool, their_tools.tool], ids=["ours", "theirs"])
def test_tools_of_an_agent(make: Any) -> None:
    """An agent of ferrule calls tools of either library for a model of langchain-core's."""

    class Calling(models.GenericFakeChatModel):  # type: ignore[misc,name-defined]
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self

    call = {"name": "add", "args": {"a": 1, "b": 2}, "id": "1"}
    answers = [their_messages.AIMessage("", tool_calls=[call]), their_messages.AIMessage("three")]
    agent = create_tool_calling_agent(Calling(messages=iter(answers)), [make(add)])
    heard = Heard()
    result = agent.invoke("1 + 2?", {"callbacks": [heard]})
    assert result["output"] == "three"
    assert [message.type for message in result["messages"]][-3:] == ["ai", "tool", "ai"]
    assert ("add", "ToolCallingAgent") in heard.runs


def test_tools_as_steps() -> None:
    """A tool of langchain-core's is a step, and its schema can be told to a model of ferrule."""
    step = their_tools.tool(add)
    heard = Heard()
    chain = RunnableLambda(lambda n: {"a": n, "b": 1}) | step
    assert chain.invoke(1, {"callbacks": [heard]}) == 2
    assert heard.runs[-1] == ("add", "RunnableSequence")
    calling = pytest.importorskip("langchain_core.utils.function_calling")
    described = calling.convert_to_openai_tool(tool(add))
    assert described["function"]["name"] == "add"
    assert set(described["function"]["parameters"]["properties"]) == {"a", "b"}
