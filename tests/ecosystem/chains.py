"""The chains whose runs are looked for in each package's records.

`assistant` is a chain of ferrule: a function that calls a tool, a prompt, a model, a parser;
`runs_of_assistant` says which runs it has.
"""

from __future__ import annotations

from typing import Any

from ferrule.language_models import FakeMessagesListChatModel
from ferrule.messages import AIMessage
from ferrule.output_parsers import StrOutputParser
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import Runnable, RunnableLambda
from ferrule.tools import tool

QUESTION = "What is 1 + 2?"
ANSWER = "four"
INPUT_TOKENS, OUTPUT_TOKENS = 11, 5


class FakeModel(FakeMessagesListChatModel):
    """A chat model of ferrule that says how many tokens it took."""


class CallingModel(FakeMessagesListChatModel):
    """A chat model of ferrule that takes tools, and answers as it is told."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Bind the names of the tools."""
        return self.bind(tools=[getattr(tool, "name", str(tool)) for tool in tools])


def calling(*answers: AIMessage) -> CallingModel:
    """Make a model of ferrule that takes tools and gives these answers."""
    return CallingModel(responses=list(answers))


def call(name: str, **arguments: Any) -> AIMessage:
    """Make an answer that calls a tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{name}"}])


def our_model() -> FakeModel:
    """Make a model of ferrule that gives the answer, with its token usage."""
    usage = {
        "input_tokens": INPUT_TOKENS,
        "output_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }
    metadata = {"model_name": "gpt-4o-mini"}
    return FakeModel(
        responses=[AIMessage(ANSWER, usage_metadata=usage, response_metadata=metadata)]
    )


def their_model(url: str, **settings: Any) -> Any:
    """Make a model of langchain-openai that talks to a server on loopback."""
    import langchain_openai

    return langchain_openai.ChatOpenAI(
        model="gpt-4o-mini", base_url=url, api_key="test", max_retries=0, **settings
    )


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def prepare(question: str) -> dict[str, Any]:
    """Call the tool, without passing it a config."""
    return {"question": question, "hint": add.invoke({"a": 1, "b": 2})}


def assistant(model: Any) -> Runnable[str, str]:
    """Make the chain around a model of either library."""
    prompt = ChatPromptTemplate.from_messages([("system", "Hint: {hint}"), ("human", "{question}")])
    chain = RunnableLambda(prepare, name="prepare") | prompt | model | StrOutputParser()
    return chain.with_config(run_name="assistant")


def runs_of_assistant(model: Any) -> dict[str, str | None]:
    """Return the names of the runs of `assistant`, each with that of its parent."""
    return {
        "assistant": None,
        "prepare": "assistant",
        "add": "prepare",
        "ChatPromptTemplate": "assistant",
        type(model).__name__: "assistant",
        "StrOutputParser": "assistant",
    }


def refuse(question: str) -> str:
    """Fail."""
    msg = f"no answer to {question!r}"
    raise LookupError(msg)


def failing() -> Runnable[str, str]:
    """Make a chain whose second step fails."""
    steps = RunnableLambda(str.strip, name="strip") | RunnableLambda(refuse, name="refuse")
    return steps.with_config(run_name="failing")
