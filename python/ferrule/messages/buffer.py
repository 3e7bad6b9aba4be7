"""A conversation as text, for models that only read text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape, quoteattr

from ferrule.messages.ai import AIMessage
from ferrule.messages.chat import ChatMessage
from ferrule.messages.function import FunctionMessage
from ferrule.messages.human import HumanMessage
from ferrule.messages.system import SystemMessage
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ferrule.messages.base import BaseMessage

__all__ = ["get_buffer_string"]

_LONGEST_DOCUMENT = 500
_LONGEST_ID = 64
_MEDIA = frozenset({"image", "audio", "video"})


def get_buffer_string(
    messages: Sequence[BaseMessage],
    human_prefix: str = "Human",
    ai_prefix: str = "AI",
    *,
    system_prefix: str = "System",
    function_prefix: str = "Function",
    tool_prefix: str = "Tool",
    message_separator: str = "\n",
    format: Literal["prefix", "xml"] = "prefix",  # noqa: A002  the compatible name
) -> str:
    r"""Return the conversation as one text, each message under its speaker.

    In the form `"prefix"` a message is `speaker: text`, followed by its tool calls if it has any.
    In the form `"xml"` it is an element with everything that can be told in text: texts, reasoning,
    links, tool calls, all of it escaped, and encoded data left out.

    Raises:
        ValueError: If the form is unknown, or a message of an unknown kind is among them.

    Example:
        >>> get_buffer_string([HumanMessage("Hi"), AIMessage("Hello")])
        'Human: Hi\nAI: Hello'
        >>> get_buffer_string([HumanMessage("1 < 2?")], format="xml")
        '<message type="human">1 &lt; 2?</message>'
    """
    if format not in {"prefix", "xml"}:
        msg = f"Unknown format {format!r} of a conversation: use 'prefix' or 'xml'."
        raise ValueError(msg)
    speakers: list[tuple[type[BaseMessage], str]] = [
        (HumanMessage, human_prefix),
        (AIMessage, ai_prefix),
        (SystemMessage, system_prefix),
        (FunctionMessage, function_prefix),
        (ToolMessage, tool_prefix),
    ]
    write = _as_element if format == "xml" else _as_line
    return message_separator.join(write(message, speakers) for message in messages)


_Speakers = list[tuple[type["BaseMessage"], str]]


def _speaker(message: BaseMessage, speakers: _Speakers) -> str | None:
    if isinstance(message, ChatMessage):
        return None
    for cls, name in speakers:
        if isinstance(message, cls):
            return name
    msg = f"A message of type {type(message).__name__} has no speaker: {message!r}."
    raise ValueError(msg)


def _as_line(message: BaseMessage, speakers: _Speakers) -> str:
    speaker = _speaker(message, speakers)
    line = f"{message.role if speaker is None else speaker}: {message.text}"  # type: ignore[attr-defined]
    if isinstance(message, AIMessage):
        if message.tool_calls:
            return f"{line}{message.tool_calls}"
        if "function_call" in message.additional_kwargs:
            return f"{line}{message.additional_kwargs['function_call']}"
    return line


def _as_element(message: BaseMessage, speakers: _Speakers) -> str:
    speaker = _speaker(message, speakers)
    kind = quoteattr(message.role if speaker is None else speaker.lower())  # type: ignore[attr-defined]
    content = " ".join(_content_elements(message.content))
    calls = list(_call_elements(message)) if isinstance(message, AIMessage) else []
    if not calls:
        return f"<message type={kind}>{content}</message>"
    inner = [f"<content>{content}</content>"] if content else []
    return "\n  ".join([f"<message type={kind}>", *inner, *calls]) + "\n</message>"


def _content_elements(content: str | list[str | dict[Any, Any]]) -> Iterator[str]:
    for block in [content] if isinstance(content, str) else content:
        element = escape(block) if isinstance(block, str) else _block_element(block)
        if element:
            yield element


def _call_elements(message: AIMessage) -> Iterable[str]:
    for call in message.tool_calls:
        id_ = _attribute(_shortened(call["id"] or "", _LONGEST_ID))
        yield f"<tool_call id={id_} name={_attribute(call['name'])}>{_json(call['args'])}</tool_call>"
    function = message.additional_kwargs.get("function_call")
    if function is not None and not message.tool_calls:
        arguments = escape(str(function.get("arguments") or "{}"))
        yield f"<function_call name={_attribute(function.get('name'))}>{arguments}</function_call>"


def _block_element(block: dict[str, Any]) -> str | None:
    kind = block.get("type")
    if _holds_data(block):
        return None
    match kind:
        case "text":
            return escape(block.get("text") or "")
        case "text-plain":
            return escape(_shortened(block.get("text") or "", _LONGEST_DOCUMENT))
        case "reasoning":
            reasoning = block.get("reasoning")
            return f"<reasoning>{escape(reasoning)}</reasoning>" if reasoning else None
        case "image_url":
            image = block.get("image_url")
            url = image.get("url") if isinstance(image, dict) else None
            return f"<image url={quoteattr(url)} />" if url else None
        case "server_tool_call":
            names = f"id={_attribute(block.get('id'))} name={_attribute(block.get('name'))}"
            args = _json(block.get("args", {}), _LONGEST_DOCUMENT)
            return f"<server_tool_call {names}>{args}</server_tool_call>"
        case "server_tool_result":
            id_, status = _attribute(block.get("tool_call_id")), _attribute(block.get("status"))
            output = _json(block["output"], _LONGEST_DOCUMENT) if block.get("output") else ""
            return (
                f"<server_tool_result tool_call_id={id_} status={status}>"
                f"{output}</server_tool_result>"
            )
    if kind in _MEDIA:
        for place in ("url", "file_id"):
            if block.get(place):
                return f"<{kind} {place}={quoteattr(block[place])} />"
    return None


def _holds_data(block: dict[str, Any]) -> bool:
    image = block.get("image_url")
    urls = (block.get("url"), image.get("url") if isinstance(image, dict) else None)
    return bool(block.get("base64")) or any(
        isinstance(url, str) and url.startswith("data:") for url in urls
    )


def _attribute(value: Any) -> str:
    return quoteattr(str(value or ""))


def _json(value: Any, limit: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return escape(text if limit is None else _shortened(text, limit))


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
