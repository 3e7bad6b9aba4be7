"""What type checkers must infer of prompts, models, parsers and tools; checked, never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from ferrule.language_models import BaseChatModel, FakeListChatModel, FakeListLLM
from ferrule.messages import AIMessage, AIMessageChunk, ToolMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.prompts import ChatPromptTemplate, PromptTemplate
from ferrule.runnables import (
    Runnable,
    RunnableAssign,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnableSequence,
)
from ferrule.tools import BaseTool, StructuredTool, tool


@tool
def add(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y


@tool("plus", return_direct=True)
def plus(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y


def length(text: str) -> int:
    return len(text)


PROMPT = ChatPromptTemplate.from_template("{question}")
MODEL = FakeListChatModel(responses=["a"])


def check_prompt_model_parser() -> None:
    """The documented chain takes the prompt's variables and gives what the parser gives."""
    chain = PROMPT | MODEL | StrOutputParser()
    assert_type(PROMPT | MODEL, RunnableSequence[dict[str, Any], AIMessage])
    assert_type(chain, RunnableSequence[dict[str, Any], str])
    as_runnable: Runnable[dict[str, Any], str] = chain
    assert_type(as_runnable.invoke({"question": "?"}), str)
    assert_type(chain.batch([{"question": "?"}]), list[str])
    assert_type(next(chain.stream({"question": "?"})), str)
    text = PromptTemplate.from_template("{question}") | FakeListLLM(responses=["a"])
    assert_type(text.invoke({"question": "?"}), str)


def check_models() -> None:
    """A chat model gives messages, and chunks of them where it streams."""
    model: BaseChatModel = MODEL
    assert_type(model.invoke("?"), AIMessage)
    assert_type(model.batch(["?"]), list[AIMessage])
    assert_type(next(model.stream("?")), AIMessageChunk)
    assert_type(model.bind_tools([add]).invoke("?"), AIMessage)
    assert_type((model | (lambda message: message.text)).invoke("?"), Any)


async def check_async_models() -> None:
    """The async methods give the same."""
    assert_type(await MODEL.ainvoke("?"), AIMessage)
    assert_type(await MODEL.abatch(["?"]), list[AIMessage])
    async for chunk in MODEL.astream("?"):
        assert_type(chunk, AIMessageChunk)


def check_tools() -> None:
    """The decorator makes tools of functions, whichever way it is written."""
    assert_type(add, BaseTool)
    assert_type(plus, BaseTool)
    assert_type(add.name, str)
    assert_type(StructuredTool.from_function(length), StructuredTool)
    assert_type(RunnableLambda(length).as_tool(), BaseTool)
    answer: ToolMessage = add.invoke({"name": "add", "args": {}, "id": "1", "type": "tool_call"})
    assert_type(answer.tool_call_id, str)


def check_dictionaries() -> None:
    """Parallels and assignments of anything take anything and give dictionaries."""
    parallel = RunnableParallel(one=lambda x: x, two=RunnableLambda(length))
    assert_type(parallel, RunnableParallel[Any])
    assert_type(parallel.invoke("a"), dict[str, Any])
    assert_type(RunnablePassthrough.assign(n=length), RunnableAssign)
    step = RunnableLambda(length)
    assert_type({"n": step} | RunnableLambda(str), RunnableSequence[Any, str])
    assert_type(step | (lambda n: {"n": n}), RunnableSequence[str, dict[str, Any]])


def check_refusals() -> None:
    """Steps that do not fit, and inputs of another type, are errors."""
    step = RunnableLambda(length)
    step | step  # type: ignore[operator]  # an int is no str
    step.invoke(1)  # type: ignore[arg-type]
    step.batch([1])  # type: ignore[list-item]
    step.invoke("a", {"tags": 1})  # type: ignore[arg-type]
    step.no_such_method()  # type: ignore[attr-defined]
