"""Models of langchain-anthropic and langchain-openai in ferrule's chains."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from ferrule.callbacks import UsageMetadataCallbackHandler
from ferrule.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableLambda
from ferrule.tool_agent import create_tool_calling_agent
from tests.ecosystem import chains
from tests.loopback import LoopbackServer, says, tool_use

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def anthropic_server() -> Iterator[LoopbackServer]:
    """Serve Anthropic's API on loopback."""
    with LoopbackServer() as server:
        yield server


class Served:
    """A model, and how its server is told what to answer."""

    def __init__(self, model: Any, say: Any, call: Any) -> None:
        self.model, self.say, self.call = model, say, call


@pytest.fixture(params=["anthropic", "openai"])
def served(request: pytest.FixtureRequest) -> Served:
    """A model of each vendor's package, on loopback."""
    if request.param == "anthropic":
        package = pytest.importorskip("langchain_anthropic")
        server = request.getfixturevalue("anthropic_server")
        model = package.ChatAnthropic(
            model="claude-sonnet-4-5", base_url=server.url, api_key="test", max_retries=0
        )
        return Served(
            model,
            lambda text: server.script(says(text)),
            lambda name, arguments: server.script(says(tool_use(name, arguments))),
        )
    pytest.importorskip("langchain_openai")
    server = request.getfixturevalue("openai_server")
    return Served(
        chains.their_model(server.url, stream_usage=True),
        server.script.append,
        lambda name, arguments: server.script.append([(name, arguments)]),
    )


def chain_of(model: Any) -> Any:
    """Make a chain that asks the model a question."""
    return ChatPromptTemplate.from_messages([("human", "{question}")]) | model


def test_answer(served: Served) -> None:
    """The answer is the model's own object, an instance of ferrule's class, with its usage."""
    served.say("four")
    usage = UsageMetadataCallbackHandler()
    answer = chain_of(served.model).invoke({"question": "2 + 2?"}, {"callbacks": [usage]})
    assert type(answer).__module__.startswith("langchain_core.")
    assert isinstance(answer, AIMessage)
    assert answer.content == "four"
    (counted,) = usage.usage_metadata.values()
    assert counted == answer.usage_metadata
    assert counted["output_tokens"] > 0


def test_stream(served: Served) -> None:
    """Tokens are handed out as they come, sync and async."""
    chain = chain_of(served.model)
    served.say("four five")
    chunks = list(chain.stream({"question": "2 + 2?"}))
    assert len(chunks) > 2
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == "four five"
    served.say("four five")

    async def read() -> list[str]:
        stream = (chain | StrOutputParser()).astream({"question": "2 + 2?"})
        return [chunk async for chunk in stream]

    assert "".join(asyncio.run(read())) == "four five"


def test_events(served: Served) -> None:
    """A model that is invoked inside of a function streams for `astream_events`."""
    served.say("four five")
    chain = RunnableLambda(lambda question: served.model.invoke(question).text)

    async def read() -> list[str]:
        events = chain.astream_events("2 + 2?", version="v2")
        return [
            event["data"]["chunk"].text
            async for event in events
            if event["event"] == "on_chat_model_stream"
        ]

    assert "".join(asyncio.run(read())) == "four five"


def test_batch(served: Served) -> None:
    """Batches, sync and async."""
    chain = chain_of(served.model) | StrOutputParser()
    for _ in range(4):
        served.say("four")
    questions = [{"question": "a"}, {"question": "b"}]
    assert chain.batch(questions) == ["four", "four"]
    assert asyncio.run(chain.abatch(questions)) == ["four", "four"]


def test_our_tools(served: Served) -> None:
    """Tools of ferrule are bound to the model, and its calls are taken by them."""
    served.call("add", {"a": 1, "b": 2})
    answer = chain_of(served.model.bind_tools([chains.add])).invoke({"question": "1 + 2?"})
    (call,) = answer.tool_calls
    assert (call["name"], call["args"]) == ("add", {"a": 1, "b": 2})
    result = chains.add.invoke(call)
    assert isinstance(result, ToolMessage)
    served.say("three")
    told = served.model.invoke([HumanMessage("1 + 2?"), answer, result])
    assert told.text == "three"


class Sum(BaseModel):
    """A sum."""

    total: int


def test_structured_output(served: Served) -> None:
    """A chain of ferrule ends with a structured answer of the model's."""
    served.call("Sum", {"total": 3})
    structured = served.model.with_structured_output(Sum, method="function_calling")
    assert chain_of(structured).invoke({"question": "1 + 2?"}) == Sum(total=3)


def test_agent(served: Served) -> None:
    """An agent of ferrule works with the model."""
    served.call("add", {"a": 1, "b": 2})
    served.say("three")
    agent = create_tool_calling_agent(served.model, [chains.add])
    result = agent.invoke("1 + 2?")
    assert result["output"] == "three"
    assert [message.type for message in result["messages"]][-3:] == ["ai", "tool", "ai"]


def test_fallback(served: Served) -> None:
    """The model is the fallback of one of ferrule's that fails, and the other way round."""
    served.say("four")
    failing = RunnableLambda(chains.refuse)
    assert failing.with_fallbacks([served.model]).invoke("2 + 2?").text == "four"
    gone = chains.their_model("http://127.0.0.1:9/v1")
    assert gone.with_fallbacks([chains.our_model()]).invoke("2 + 2?").text == chains.ANSWER
