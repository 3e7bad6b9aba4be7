"""What is said in the course of an agent's run: added up, answered, completed."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ferrule.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    convert_to_messages,
    message_chunk_to_message,
)
from ferrule.messages.ai import add_ai_message_chunks
from ferrule.prompt_values import PromptValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Transcript(list[BaseMessage]):
    """Messages in order, as a chunk of a stream: the pieces of one message merge under `+`."""

    def __add__(self, other: Any) -> Transcript:  # type: ignore[override]
        """Append what came later."""
        return Transcript(_merged([*self, *other]))


def _merged(messages: Iterable[BaseMessage]) -> Iterator[BaseMessage]:
    def turn(message: BaseMessage) -> object:
        # Between two answers of a model there is always the result of a tool.
        return AIMessageChunk if isinstance(message, AIMessageChunk) else id(message)

    for kind, group in groupby(messages, turn):
        first, *rest = group
        if kind is AIMessageChunk and rest:
            yield add_ai_message_chunks(first, *rest)  # type: ignore[arg-type]
        else:
            yield first


def whole(messages: Iterable[BaseMessage]) -> list[BaseMessage]:
    """Merge the pieces of messages and make them whole messages."""
    return [message_chunk_to_message(message) for message in _merged(messages)]


def messages_of(given: Any) -> list[BaseMessage]:
    """Read the input of an agent.

    Raises:
        TypeError: If it is of another type than those.
        ValueError: If it is a dict that says nothing.
    """
    if isinstance(given, str):
        return [HumanMessage(given)]
    if isinstance(given, BaseMessage):
        return [given]
    if isinstance(given, PromptValue):
        return given.to_messages()
    if isinstance(given, dict):
        said = [given[key] for key in ("chat_history", "messages", "input") if given.get(key)]
        if not said:
            msg = f'An agent is asked by "input" or "messages"; there are only {list(given)}.'
            raise ValueError(msg)
        return [message for part in said for message in messages_of(part)]
    if isinstance(given, (list, tuple)):
        return convert_to_messages(given)
    msg = f"An agent takes text, messages or a dict of them, not {type(given).__name__}: {given!r}."
    raise TypeError(msg)


def with_ids(answer: AIMessage) -> AIMessage:
    """Give an id to each tool call that has none, so that it can be answered."""
    if all(call["id"] for call in answer.tool_calls):
        return answer
    calls = [{**call, "id": call["id"] or f"call_{uuid.uuid4().hex}"} for call in answer.tool_calls]
    return answer.model_copy(update={"tool_calls": calls})


def refusal(call: Any, reason: str) -> ToolMessage:
    """Answer a tool call that was not carried out."""
    return ToolMessage(
        reason, tool_call_id=call["id"] or "", name=call["name"] or "", status="error"
    )


def unanswered(messages: list[BaseMessage], reason: str) -> list[BaseMessage]:
    """Answer the calls that the last message makes; without answers no model takes the messages."""
    last = messages[-1] if messages else None
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    return [refusal(call, reason) for call in calls]
