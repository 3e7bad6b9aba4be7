"""Choosing messages of a conversation, and joining those of one speaker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from ferrule.messages._as_runnable import also_runnable
from ferrule.messages.ai import AIMessage
from ferrule.messages.base import BaseMessage, BaseMessageChunk
from ferrule.messages.convert import (
    CHUNK_CLASSES,
    convert_to_messages,
    message_chunk_to_message,
)
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ferrule.messages.convert import MessageLikeRepresentation
    from ferrule.prompt_values import PromptValue

__all__ = ["MessageKind", "filter_messages", "is_message_type", "merge_message_runs"]

MessageKind: TypeAlias = str | type[BaseMessage]
"""A kind of message, by its `type` or by its class."""


@also_runnable
def filter_messages(
    messages: Iterable[MessageLikeRepresentation] | PromptValue,
    *,
    include_names: Sequence[str] | None = None,
    exclude_names: Sequence[str] | None = None,
    include_types: Sequence[MessageKind] | None = None,
    exclude_types: Sequence[MessageKind] | None = None,
    include_ids: Sequence[str] | None = None,
    exclude_ids: Sequence[str] | None = None,
    exclude_tool_calls: Sequence[str] | bool | None = None,
) -> list[BaseMessage]:
    """Return the messages that meet one of the `include_*` and none of the `exclude_*` criteria.

    Without `include_*` all messages are included. Called without messages, it returns a runnable.

    Args:
        messages: The conversation.
        include_names: Names of speakers.
        exclude_names: Names of speakers.
        include_types: Kinds of messages, as `type` or class.
        exclude_types: Kinds of messages, as `type` or class.
        include_ids: Ids of messages.
        exclude_ids: Ids of messages.
        exclude_tool_calls: Ids of tool calls to take out, together with their results; answers
            that consist of nothing else go as well. `True`: all answers with calls, all results.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> filter_messages([HumanMessage("Hi"), AIMessage("Hello")], include_types=["ai"])
        [AIMessage(content='Hello')]
    """
    chosen: list[BaseMessage] = []
    has_choice = include_names or include_types or include_ids
    included = _checked(include_types) if include_types else []
    excluded = _checked(exclude_types) if exclude_types else []
    for message in convert_to_messages(messages):
        if _meets(message, exclude_names, excluded, exclude_ids):
            continue
        kept = _without_calls(message, exclude_tool_calls)
        if kept is None:
            continue
        if not has_choice or _meets(kept, include_names, included, include_ids):
            chosen.append(kept)
    return chosen


@also_runnable
def merge_message_runs(
    messages: Iterable[MessageLikeRepresentation] | PromptValue, *, chunk_separator: str = "\n"
) -> list[BaseMessage]:
    r"""Return the conversation with successive messages of one kind joined into one.

    Tool results stay apart, since each answers its own call. Texts are joined by
    `chunk_separator`; from the first content with blocks on, contents are concatenated. The
    first message's metadata stays. Called without messages, it returns a runnable. No message is
    written to.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> merge_message_runs([HumanMessage("Hi"), HumanMessage("there"), AIMessage("Hello")])
        [HumanMessage(content='Hi\nthere'), AIMessage(content='Hello')]
    """
    groups: list[list[BaseMessage]] = []
    for message in convert_to_messages(messages):
        last = groups[-1][0] if groups else None
        joins = last is not None and isinstance(message, type(last))
        if joins and not isinstance(message, ToolMessage):
            groups[-1].append(message)
        else:
            groups.append([message])
    return [_joined(group, chunk_separator) for group in groups]


def is_message_type(message: BaseMessage, kinds: MessageKind | Sequence[MessageKind]) -> bool:
    """Return whether the message is of one of the kinds.

    Raises:
        TypeError: If a kind is neither the name of a type nor a class.
    """
    return _is_any(message, _checked(kinds))


def _checked(kinds: MessageKind | Sequence[MessageKind]) -> list[MessageKind]:
    told: Any = kinds
    is_list = isinstance(told, Iterable) and not isinstance(told, (str, type))
    given: list[Any] = [*told] if is_list else [told]
    if not all(isinstance(kind, (str, type)) for kind in given):
        msg = (
            "A kind of message is a name such as 'human' or a class such as HumanMessage, or there "
            f"is a list of them; got {kinds!r} ({type(kinds).__name__})."
        )
        raise TypeError(msg)
    return given


def _is_any(message: BaseMessage, kinds: Iterable[MessageKind]) -> bool:
    return any(
        message.type == kind if isinstance(kind, str) else isinstance(message, kind)
        for kind in kinds
    )


def _meets(
    message: BaseMessage,
    names: Sequence[str] | None,
    kinds: Iterable[MessageKind],
    ids: Sequence[str] | None,
) -> bool:
    return bool(
        (names and message.name in names) or _is_any(message, kinds) or (ids and message.id in ids)
    )


def _without_calls(
    message: BaseMessage, excluded: Sequence[str] | bool | None
) -> BaseMessage | None:
    """Return the message without the excluded calls, `None` if nothing is left of it."""
    if not excluded or not (
        isinstance(message, ToolMessage) or (isinstance(message, AIMessage) and message.tool_calls)
    ):
        return message
    if excluded is True:
        return None
    if isinstance(message, ToolMessage):
        return None if message.tool_call_id in excluded else message
    calls = [call for call in message.tool_calls if call["id"] not in excluded]
    if not calls or len(calls) == len(message.tool_calls):
        return message if calls else None
    content = message.content
    if isinstance(content, list):
        content = [block for block in content if not _is_call_of(block, excluded)]
    return message.model_copy(update={"tool_calls": calls, "content": content})


def _is_call_of(block: str | dict[Any, Any], ids: Sequence[str]) -> bool:
    return (
        isinstance(block, dict)
        and block.get("type") in {"tool_use", "tool_call"}
        and block.get("id") in ids
    )


def _joined(group: list[BaseMessage], separator: str) -> BaseMessage:
    first, *others = group
    if not others:
        return first
    chunks = [_as_chunk(message) for message in group]
    is_text, has_text = True, False
    for chunk in chunks:
        is_text = is_text and isinstance(chunk.content, str)
        if chunk is not chunks[0]:
            chunk.response_metadata = {}
        if is_text and chunk.content:
            if has_text:
                chunk.content = f"{separator}{chunk.content}"
            has_text = True
    if len({chunk.name for chunk in chunks}) > 1:
        # Nobody in particular says what several say together.
        for chunk in chunks:
            chunk.name = None
    return message_chunk_to_message(BaseMessageChunk.merge_chunks(chunks))


def _as_chunk(message: BaseMessage) -> BaseMessageChunk:
    """Return the message as a piece, in an object of its own."""
    if isinstance(message, BaseMessageChunk):
        return message.model_copy()
    for cls, chunk_class in CHUNK_CLASSES.items():
        if isinstance(message, cls):
            given = {key: v for key, v in message.__dict__.items() if key in cls.model_fields}
            del given["type"]
            return chunk_class._trusted(**given)
    msg = f"Messages of type {type(message).__name__} cannot be joined: {message!r}."
    raise ValueError(msg)
