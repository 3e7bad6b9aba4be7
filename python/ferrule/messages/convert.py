"""Anything that stands for a message, as a message; messages from stored dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

from pydantic import Discriminator, Field, Tag

from ferrule.exceptions import ErrorCode, create_message
from ferrule.messages.ai import AIMessage, AIMessageChunk
from ferrule.messages.base import (
    BaseMessage,
    BaseMessageChunk,
    MessageLikeRepresentation,
)
from ferrule.messages.chat import ChatMessage, ChatMessageChunk
from ferrule.messages.function import FunctionMessage, FunctionMessageChunk
from ferrule.messages.human import HumanMessage, HumanMessageChunk
from ferrule.messages.listed import check_listed
from ferrule.messages.modifier import RemoveMessage
from ferrule.messages.system import SystemMessage, SystemMessageChunk
from ferrule.messages.tool import ToolMessage, ToolMessageChunk

if TYPE_CHECKING:
    from typing import Protocol

    class _Prompt(Protocol):
        def to_messages(self) -> list[BaseMessage]: ...


__all__ = [
    "CHUNK_CLASSES",
    "AnyMessage",
    "MessageLikeRepresentation",
    "convert_to_messages",
    "message_chunk_to_message",
    "messages_from_dict",
]

CHUNK_CLASSES: dict[type[BaseMessage], type[BaseMessageChunk]] = {
    HumanMessage: HumanMessageChunk,
    AIMessage: AIMessageChunk,
    SystemMessage: SystemMessageChunk,
    ToolMessage: ToolMessageChunk,
    FunctionMessage: FunctionMessageChunk,
    ChatMessage: ChatMessageChunk,
}
"""The class of the pieces of each kind of message."""

_MESSAGE_CLASSES = {chunk: message for message, chunk in CHUNK_CLASSES.items()}

_CLASSES: tuple[type[BaseMessage], ...] = (
    *CHUNK_CLASSES,
    *CHUNK_CLASSES.values(),
    RemoveMessage,
)
_BY_TYPE = {cls.model_fields["type"].default: cls for cls in _CLASSES}

_BY_ROLE: dict[str, type[BaseMessage]] = {
    "human": HumanMessage,
    "user": HumanMessage,
    "ai": AIMessage,
    "assistant": AIMessage,
    "system": SystemMessage,
    "developer": SystemMessage,
    "function": FunctionMessage,
    "tool": ToolMessage,
    "remove": RemoveMessage,
}

_OWN_FIELDS = frozenset({"name", "id", "tool_call_id", "tool_calls", "response_metadata"})
_TOOL_FIELDS = frozenset({"artifact", "status"})


def _type_of(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if not isinstance(kind, str):
        msg = f"A message has a `type` that is a string; {value!r} has {kind!r}."
        raise TypeError(msg)
    return kind


AnyMessage: TypeAlias = Annotated[
    Annotated[AIMessage, Tag("ai")]
    | Annotated[HumanMessage, Tag("human")]
    | Annotated[ChatMessage, Tag("chat")]
    | Annotated[SystemMessage, Tag("system")]
    | Annotated[FunctionMessage, Tag("function")]
    | Annotated[ToolMessage, Tag("tool")]
    | Annotated[AIMessageChunk, Tag("AIMessageChunk")]
    | Annotated[HumanMessageChunk, Tag("HumanMessageChunk")]
    | Annotated[ChatMessageChunk, Tag("ChatMessageChunk")]
    | Annotated[SystemMessageChunk, Tag("SystemMessageChunk")]
    | Annotated[FunctionMessageChunk, Tag("FunctionMessageChunk")]
    | Annotated[ToolMessageChunk, Tag("ToolMessageChunk")],
    Field(discriminator=Discriminator(_type_of)),
]
"""Any message or piece of a message, for fields of pydantic models."""


def convert_to_messages(
    messages: Iterable[MessageLikeRepresentation] | _Prompt,
) -> list[BaseMessage]:
    """Turn whatever stands for messages into messages, in order.

    A message is taken as it is; a string is what the user says; a pair is role and content; a
    dictionary has `role` (or `type`) and `content`, as the APIs of providers have it. Its further
    keys become fields of the message, or `additional_kwargs`. A prompt value gives its messages.

    Raises:
        TypeError: If it is one message instead of a list, or cannot be listed at all.
        ValueError: If a dictionary lacks its role or content, or a role is unknown.
        NotImplementedError: If something else is among the messages.

    Example:
        >>> convert_to_messages([("system", "Be brief."), {"role": "user", "content": "Hi"}])
        [SystemMessage(content='Be brief.'), HumanMessage(content='Hi')]
    """
    given: Any = messages
    # First, since a pydantic model is iterable too, over its fields.
    if (to_messages := getattr(given, "to_messages", None)) is not None:
        return cast("list[BaseMessage]", to_messages())
    check_listed(given, "what stands for messages")
    return [_convert_to_message(message) for message in given]


def _convert_to_message(message: Any) -> BaseMessage:
    if isinstance(message, BaseMessage):
        return message
    if isinstance(message, str):
        return HumanMessage._trusted(content=message)
    if isinstance(message, dict):
        return _from_dict(message)
    if isinstance(message, Sequence):
        try:
            role, content = message
        except ValueError:
            msg = f"A message as a sequence is a pair of role and content, not {message!r}."
            raise NotImplementedError(_coded(msg)) from None
        return _make(role, content, {})
    if isinstance(message, type):
        name = message.__name__
        msg = f"{name} is a class, which says nothing: pass an instance, as in {name}(...)."
        raise NotImplementedError(_coded(msg))
    msg = (
        f"{message!r} of type {type(message).__name__} does not stand for a message: pass a "
        "message, a string, a (role, content) pair or a dict with role and content."
    )
    raise NotImplementedError(_coded(msg))


def _from_dict(message: dict[str, Any]) -> BaseMessage:
    if message.get("lc") == 1 and message.get("type") == "constructor":
        name = str(message["id"][-1]).removesuffix("Chunk")
        cls = next((cls for cls in _CLASSES if cls.__name__ == name), None)
        if cls is not None:
            arguments = {key: v for key, v in message["kwargs"].items() if key != "type"}
            return cls(**(_lifted(arguments) if cls is ToolMessage else arguments))
    fields = dict(message)
    role = fields.pop("role") if "role" in fields else fields.pop("type", None)
    if role is None:
        msg = f"The message dict has no 'role' (or 'type'), so nobody says it: {message!r}."
        raise ValueError(_coded(msg))
    if "content" not in fields:
        msg = f"The message dict has no 'content': {message!r}."
        raise ValueError(_coded(msg))
    return _make(role, fields.pop("content") or "", fields)


def _make(role: Any, content: Any, fields: dict[str, Any]) -> BaseMessage:
    cls = _BY_ROLE.get(role) if isinstance(role, str) else None
    if cls is None:
        msg = f"Unknown role {role!r} of a message: use one of {', '.join(_BY_ROLE)}."
        raise ValueError(_coded(msg))
    if cls is ToolMessage:
        fields = _lifted(fields)
    given: dict[str, Any] = {
        key: value
        for key, value in fields.items()
        if value is not None
        and (key in _OWN_FIELDS or (cls is ToolMessage and key in _TOOL_FIELDS))
    }
    extra = {
        key: value
        for key, value in fields.items()
        if key not in given and key not in _OWN_FIELDS and key != "additional_kwargs"
    }
    extra.update(fields.get("additional_kwargs") or {})
    if role == "developer":
        extra["__openai_role__"] = "developer"
    if extra.pop("example", False):
        given["example"] = True
    if extra:
        given["additional_kwargs"] = extra
    if "tool_calls" in given:
        given["tool_calls"] = _read_calls(given["tool_calls"])
    return cls(**given) if cls is RemoveMessage else cls(content=content, **given)


def _lifted(fields: dict[str, Any]) -> dict[str, Any]:
    """Make fields of what programs store under `additional_kwargs` of a tool message."""
    extra = fields.get("additional_kwargs") or {}
    moved = {key: extra[key] for key in _TOOL_FIELDS if key in extra}
    rest = {key: value for key, value in extra.items() if key not in moved}
    return {**moved, **fields, "additional_kwargs": rest} if moved else fields


def _read_calls(calls: Any) -> list[dict[str, Any]]:
    if isinstance(calls, (list, tuple)) and all(isinstance(call, dict) for call in calls):
        return [_read_call(call) for call in calls]
    msg = f"The tool_calls of a message dict are a list of dicts, not {calls!r}."
    raise ValueError(_coded(msg))


def _read_call(call: dict[str, Any]) -> dict[str, Any]:
    """Return a tool call that may be in OpenAI's form."""
    if "function" not in call:
        return call
    args = call["function"]["arguments"]
    if isinstance(args, str):
        args = json.loads(args, strict=False)
    return {"name": call["function"]["name"], "args": args, "id": call["id"], "type": "tool_call"}


def _coded(message: str) -> str:
    return create_message(message=message, error_code=ErrorCode.MESSAGE_COERCION_FAILURE)


def _message_from_dict(message: dict[str, Any]) -> BaseMessage:
    given: Any = message
    if not (isinstance(given, dict) and {"type", "data"} <= given.keys()):
        msg = f"A stored message is a dictionary with 'type' and 'data', not {given!r}."
        raise ValueError(msg)
    cls = _BY_TYPE.get(message["type"])
    if cls is None:
        msg = f"Unknown type {message['type']!r} of a stored message: {message!r}."
        raise ValueError(msg)
    return cls(**message["data"])


def messages_from_dict(messages: Sequence[dict[str, Any]]) -> list[BaseMessage]:
    """Turn dictionaries that `messages_to_dict` made back into messages.

    Raises:
        TypeError: If it is no list.
        ValueError: If something is no such dictionary, or its type is unknown.

    Example:
        >>> messages_from_dict([{"type": "human", "data": {"content": "Hi"}}])
        [HumanMessage(content='Hi')]
    """
    check_listed(messages, "stored messages")
    return [_message_from_dict(message) for message in messages]


def message_chunk_to_message(chunk: BaseMessage) -> BaseMessage:
    """Return the message that a piece stands for; a whole message is returned as it is.

    A tool call whose arguments break off becomes an invalid one: nothing more is to come.

    Example:
        >>> message_chunk_to_message(AIMessageChunk("Hi"))
        AIMessage(content='Hi')
    """
    if not isinstance(chunk, BaseMessageChunk):
        return chunk
    # langchain-core's chunks, which are recognised, have no `_ended`, and no class with `_trusted`.
    ended = getattr(chunk, "_ended", None)
    whole: BaseMessageChunk = chunk if ended is None else ended()
    cls = _MESSAGE_CLASSES.get(type(whole)) or _whole_class(type(whole))
    fields = cls.model_fields
    given = {
        key: value
        for key, value in whole.__dict__.items()
        if key in fields and key in whole.model_fields_set and key != "type"
    }
    make = cls if whole.model_extra else getattr(cls, "_trusted", cls)
    return make(**given, **(whole.model_extra or {}))


def _whole_class(chunk_class: type[BaseMessageChunk]) -> type[BaseMessage]:
    """Return the nearest base that is no chunk, for chunk classes from outside."""
    for base in chunk_class.__mro__:
        if issubclass(base, BaseMessage) and not issubclass(base, BaseMessageChunk):
            return base
    raise AssertionError(chunk_class)
