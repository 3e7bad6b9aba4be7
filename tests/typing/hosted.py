"""What type checkers must infer of the models behind an SDK; checked, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr
from typing_extensions import assert_type

from ferrule.anthropic import ChatAnthropic
from ferrule.messages import AIMessage, AIMessageChunk
from ferrule.openai import ChatOpenAI
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableSequence

if TYPE_CHECKING:
    from ferrule.hosted import HostedChatModel
    from ferrule.language_models import LanguageModelInput
    from ferrule.runnables import Runnable


class Sum(BaseModel):
    total: int


def add(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y


CLAUDE = ChatAnthropic(model="claude-haiku-4-5", max_tokens=100, temperature=0.5)
GPT = ChatOpenAI(model="gpt-4o-mini", n=2, seed=1, api_key=SecretStr("..."), stop="END")


def check_answers() -> None:
    """Both give messages, and chunks of them where they stream."""
    models: list[HostedChatModel] = [CLAUDE, GPT]
    for model in models:
        assert_type(model.invoke("?"), AIMessage)
        assert_type(next(model.stream("?")), AIMessageChunk)
    assert_type(GPT.model, str)
    assert_type(
        ChatPromptTemplate.from_template("?") | GPT, RunnableSequence[dict[str, Any], AIMessage]
    )


def check_tools() -> None:
    """A model with tools still gives messages; with a schema it gives what that describes."""
    with_tools: Runnable[LanguageModelInput, AIMessage] = GPT.bind_tools([add], tool_choice="add")
    assert_type(with_tools.invoke("?"), AIMessage)
    structured = GPT.with_structured_output(Sum, method="json_schema")
    assert_type(structured.invoke("?"), dict[str, Any] | BaseModel)


def check_refusals() -> None:
    """Settings of a wrong type, and methods that do not exist, are refused."""
    ChatOpenAI(temperature="hot")  # type: ignore[arg-type]
    ChatOpenAI(temprature=0.5)  # type: ignore[call-arg]
    GPT.with_structured_output(Sum, method="magic")  # type: ignore[arg-type]
