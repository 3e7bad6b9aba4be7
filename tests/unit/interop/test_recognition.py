"""langchain-core's objects where ferrule's are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

from ferrule.caches import InMemoryCache
from ferrule.documents import Document
from ferrule.language_models import FakeListChatModel
from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    filter_messages,
    get_buffer_string,
    merge_message_runs,
    message_chunk_to_message,
    trim_messages,
)
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from ferrule.prompt_values import ChatPromptValue
from ferrule.prompts import ChatPromptTemplate, HumanMessagePromptTemplate, MessagesPlaceholder
from ferrule.rate_limiters import InMemoryRateLimiter
from ferrule.runnables import Runnable, RunnableLambda, RunnableSequence
from ferrule.tools import BaseTool

theirs = pytest.importorskip("langchain_core.messages")


def test_messages() -> None:
    """A message is an instance of the class of its name and of the bases, and of no other."""
    answer = theirs.AIMessage("a")
    assert isinstance(answer, AIMessage)
    assert isinstance(answer, BaseMessage)
    assert not isinstance(answer, HumanMessage)
    assert not isinstance(answer, AIMessageChunk)
    assert isinstance(theirs.AIMessageChunk(content="a"), AIMessage)
    assert issubclass(theirs.AIMessage, BaseMessage)
    assert not issubclass(theirs.AIMessage, HumanMessage)
    assert not isinstance("a", BaseMessage)
    assert not isinstance(None, AIMessage)


def test_subclasses_of_programs() -> None:
    """A class that a program derives has its own instances only."""

    class Mine(AIMessage):
        pass

    assert not isinstance(theirs.AIMessage("a"), Mine)
    assert isinstance(Mine("a"), theirs.AIMessage)


def test_other_classes() -> None:
    """Documents, generations, tools and runnables are recognised, too."""
    outputs = pytest.importorskip("langchain_core.outputs")
    runnables = pytest.importorskip("langchain_core.runnables")
    documents = pytest.importorskip("langchain_core.documents")
    tools = pytest.importorskip("langchain_core.tools")
    assert isinstance(documents.Document(page_content="a"), Document)
    assert isinstance(outputs.ChatGeneration(message=theirs.AIMessage("a")), ChatGeneration)
    assert isinstance(runnables.RunnableLambda(abs), Runnable)
    assert not isinstance(runnables.RunnableLambda(abs), RunnableLambda)
    assert not isinstance(runnables.RunnableLambda(abs) | abs, RunnableSequence)

    def double(number: int) -> int:
        """Double it."""
        return 2 * number

    assert isinstance(tools.tool(double), BaseTool)


@pytest.mark.parametrize(
    "place",
    [
        "caches.BaseCache",
        "chat_history.BaseChatMessageHistory",
        "documents.BaseDocumentCompressor",
        "documents.BaseDocumentTransformer",
        "example_selectors.BaseExampleSelector",
        "messages.tool.ToolOutputMixin",
        "rate_limiters.BaseRateLimiter",
    ],
)
def test_bases_of_programs(place: str) -> None:
    """What a program derives from one library's base is an instance of the other's."""
    module, name = place.rsplit(".", 1)
    our = getattr(import_module(f"ferrule.{module}"), name)
    their = getattr(import_module(f"langchain_core.{module}"), name)
    for base, other in ((our, their), (their, our)):
        methods = dict.fromkeys(getattr(base, "__abstractmethods__", ()), lambda *_: None)
        derived = type("Derived", (base,), {**methods, "__module__": __name__})
        assert isinstance(derived(), other)
        assert not isinstance(object(), other)


def test_caches_and_limiters_in_models() -> None:
    """A model of either library takes a cache and a rate limiter of either library."""
    models = pytest.importorskip("langchain_core.language_models")
    caches = pytest.importorskip("langchain_core.caches")
    limiters = pytest.importorskip("langchain_core.rate_limiters")
    for model in (FakeListChatModel, models.FakeListChatModel):
        for cache in (InMemoryCache(), caches.InMemoryCache()):
            for limiter in (InMemoryRateLimiter, limiters.InMemoryRateLimiter):
                limited = limiter(requests_per_second=1000, check_every_n_seconds=0.001)
                asked = model(responses=["a", "b"], cache=cache, rate_limiter=limited)
                assert [asked.invoke("x").content for _ in range(2)] == ["a", "a"]


def test_fields() -> None:
    """A field of ferrule's type takes an object of langchain-core as it is."""

    class Model(BaseModel):
        messages: list[BaseMessage]

    answer = theirs.AIMessage("a")
    assert Model(messages=[answer]).messages[0] is answer
    assert ChatPromptValue(messages=[answer]).to_messages()[0] is answer


def test_conversations() -> None:
    """Functions on conversations take both libraries' messages, mixed."""
    mixed: list[Any] = [HumanMessage("a"), theirs.HumanMessage("b"), theirs.AIMessage("c")]
    assert get_buffer_string(mixed) == "Human: a\nHuman: b\nAI: c"
    assert [message.content for message in merge_message_runs(mixed)] == ["a\nb", "c"]
    assert filter_messages(mixed, include_types=["ai"]) == mixed[2:]
    assert trim_messages(mixed, max_tokens=2, token_counter=len) == mixed[1:]
    assert theirs.get_buffer_string(mixed) == "Human: a\nHuman: b\nAI: c"
    assert [message.content for message in theirs.merge_message_runs(mixed)] == ["a\nb", "c"]


def test_chunks_add_up() -> None:
    """Chunks of both libraries add up, to a chunk of the first one's class."""
    ours, other = AIMessageChunk("a"), theirs.AIMessageChunk(content="b")
    assert (ours + other).content == "ab"
    assert type(ours + other) is AIMessageChunk
    assert (other + ours).content == "ba"
    assert type(other + ours) is theirs.AIMessageChunk


def test_prompts() -> None:
    """Prompts of either library are made of the other's messages and templates."""
    prompts = pytest.importorskip("langchain_core.prompts")
    values = {"history": [theirs.AIMessage("b")], "question": "c"}
    for make, other in (
        (ChatPromptTemplate.from_messages, prompts),
        (prompts.ChatPromptTemplate.from_messages, __import__("ferrule.prompts").prompts),
    ):
        human = other.HumanMessagePromptTemplate.from_template("{question}")
        parts = [theirs.SystemMessage("a"), other.MessagesPlaceholder("history"), human]
        prompt = make(parts)
        assert sorted(prompt.input_variables) == ["history", "question"]
        filled = prompt.invoke(values).to_messages()
        assert [(m.type, m.content) for m in filled] == [
            ("system", "a"),
            ("ai", "b"),
            ("human", "c"),
        ]
    ours = ChatPromptTemplate([MessagesPlaceholder("history")])
    assert ours.invoke({"history": values["history"]}).to_messages()[0] is values["history"][0]  # type: ignore[index]


def test_chunks_become_messages() -> None:
    """A chunk of langchain-core's becomes a message of langchain-core's, with its tool calls."""
    call = {"name": "f", "args": '{"a": 1}', "id": "1", "index": 0, "type": "tool_call_chunk"}
    chunk = theirs.AIMessageChunk(content="", tool_call_chunks=[call])
    message = message_chunk_to_message(chunk)
    assert type(message) is theirs.AIMessage
    assert message == theirs.message_chunk_to_message(chunk)
    assert message.tool_calls[0]["args"] == {"a": 1}


def test_templates_in_templates() -> None:
    """Templates of langchain-core are parts of ferrule's."""
    prompts = pytest.importorskip("langchain_core.prompts")
    text = prompts.PromptTemplate.from_template("{a}!")
    template = ChatPromptTemplate.from_messages(
        [
            prompts.SystemMessagePromptTemplate.from_template("be {a}"),
            HumanMessagePromptTemplate(prompt=text),
            prompts.MessagesPlaceholder("past", optional=True),
        ]
    )
    past = [theirs.AIMessage("old")]
    said = template.invoke({"a": "calm", "past": past}).to_messages()
    assert [message.content for message in said] == ["be calm", "calm!", "old"]
    assert template.input_variables == ["a"]


def test_configurable_fields() -> None:
    """Fields of either library make fields and alternatives of a runnable configurable."""
    runnables = pytest.importorskip("langchain_core.runnables")
    field = runnables.ConfigurableField(id="said")
    model = FakeListChatModel(responses=["a"]).configurable_fields(responses=field)
    assert model.invoke("x").content == "a"
    assert model.invoke("x", {"configurable": {"said": ["b"]}}).content == "b"
    option = runnables.ConfigurableFieldSingleOption(
        id="which", options={"one": ["1"], "two": ["2"]}, default="one"
    )
    options = FakeListChatModel(responses=["a"]).configurable_fields(responses=option)
    assert options.invoke("x").content == "1"
    assert options.invoke("x", {"configurable": {"which": "two"}}).content == "2"
    assert [spec.id for spec in options.config_specs] == ["which"]
    several = RunnableLambda(str.upper).configurable_alternatives(
        runnables.ConfigurableField(id="case"), lower=runnables.RunnableLambda(str.lower)
    )
    assert several.invoke("Ab") == "AB"
    assert several.invoke("Ab", {"configurable": {"case": "lower"}}) == "ab"
    with pytest.raises(TypeError, match="which is a ConfigurableField"):
        RunnableLambda(str.upper).configurable_alternatives(option, lower=RunnableLambda(str.lower))


def test_validated_results() -> None:
    """Results that are validated hold langchain-core's results, chunks among them, as they are."""
    outputs = pytest.importorskip("langchain_core.outputs")
    call = {"name": "f", "args": "{}", "id": "1", "index": 0, "type": "tool_call_chunk"}
    chunk = theirs.AIMessageChunk(content="a", tool_call_chunks=[call])
    generation = outputs.ChatGeneration(message=chunk)
    assert ChatResult(generations=[generation]).generations[0] is generation
    piece = ChatGenerationChunk(message=chunk)
    assert piece.message is chunk
    assert piece.text == "a"
