"""Creating messages and results: by their public constructors, and as the library itself does."""

from __future__ import annotations

from typing import Any

from benches.workload import workload


def _public(cls: Any) -> Any:
    return cls


def _internal(cls: Any) -> Any:
    """The constructor for values that are known to be valid, where a library has one."""
    return getattr(cls, "_trusted", cls)


WAYS = [("new", _public), ("internal", _internal)]


@workload("{}.HumanMessage", each=WAYS)
def human_message(lib, _, way):
    message = way(lib.HumanMessage)
    return lambda: message(content="What is 1 + 2?")


@workload("{}.AIMessage", each=WAYS)
def ai_message(lib, _, way):
    message = way(lib.AIMessage)
    return lambda: message(content="1 + 2 = 3")


@workload("{}.token_chunk", each=WAYS)
def token_chunk(lib, _, way):
    """A streamed token: the message's chunk, and the generation's around it."""
    message, generation = way(lib.AIMessageChunk), way(lib.ChatGenerationChunk)
    return lambda: generation(message=message(content="x"))


@workload("{}.LLMResult", each=WAYS)
def llm_result(lib, _, way):
    answers = [[lib.ChatGeneration(message=lib.AIMessage("yes"))]]
    result = way(lib.LLMResult)
    return lambda: result(generations=answers)
