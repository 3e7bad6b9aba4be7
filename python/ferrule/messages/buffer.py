"""A conversation as text, for models that only read text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from ferrule._lazy import later
from ferrule.messages.ai import AIMessage
from ferrule.messages.chat import ChatMessage
from ferrule.messages.function import FunctionMessage
from ferrule.messages.human import HumanMessage
from ferrule.messages.listed import check_listed
from ferrule.messages.system import SystemMessage
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ferrule.messages.base import BaseMessage

__all__ = ["get_buffer_string"]

_LONGEST_DOCUMENT = 500
_LONGEST_ID = 64

# It loads the standard library's network modules, which takes longer than all messages do.
_later = later(__name__, {"xml.sax.saxutils": "escape quoteattr"})

_Speakers: TypeAlias = "list[tuple[type[BaseMessage], str]]"


def get_buffer_string(
    messages: Sequence[BaseMessage],
    human_prefix: str = "Human",
    ai_prefix: str = "AI",
    *,
    system_prefix: str = "System",
    function_prefix: str = "Function",
    tool_prefix: str = "Tool",
    message_separator: str = "\n",
    format: Literal["prefix", "xml"] = "prefix",
) -> str:
    r"""Return the conversation as one text, each message under its speaker.

    In the form `"prefix"` a message is `speaker: text`, followed by its tool calls if it has any.
    In the form `"xml"` it is an element with everything that can be told in text: texts, reasoning,
    links, tool calls, all of it escaped, and encoded data left out.

    Raises:
        TypeError: If it is one message in place of a list, or no list.
        ValueError: If the form is unknown, or a message of an unknown kind is among them.

    Example:
        >>> get_buffer_string([HumanMessage("Hi"), AIMessage("Hello")])
        'Human: Hi\nAI: Hello'
        >>> get_buffer_string([HumanMessage("1 < 2?")], format="xml")
        '<message type="human">1 &lt; 2?</message>'
    """
    check_listed(messages, "messages")
    if format not in {"prefix", "xml"}:
        msg = f"Unknown format {format!r} of a conversation: use 'prefix' or 'xml'."
        raise ValueError(msg)
    speakers: _Speakers = [
        (HumanMessage, human_prefix),
        (AIMessage, ai_prefix),
        (SystemMessage, system_prefix),
        (FunctionMessage, function_prefix),
        (ToolMessage, tool_prefix),
    ]
    if format == "xml":
        speakers = [(cls, prefix.lower()) for cls, prefix in speakers]
    write = _as_element if format == "xml" else _as_line
    return message_separator.join(write(message, speakers) for message in messages)


def _speaker(message: BaseMessage, speakers: _Speakers) -> str:
    if isinstance(message, ChatMessage):
        return message.role
    for cls, name in speakers:
        if isinstance(message, cls):
            return name
    msg = f"A message of type {type(message).__name__} has no speaker: {message!r}."
    raise ValueError(msg)


def _as_line(message: BaseMessage, speakers: _Speakers) -> str:
    line = f"{_speaker(message, speakers)}: {message.text}"
    if isinstance(message, AIMessage):
        if message.tool_calls:
            return f"{line}{message.tool_calls}"
        if "function_call" in message.additional_kwargs:
            return f"{line}{message.additional_kwargs['function_call']}"
    return line


def _as_element(message: BaseMessage, speakers: _Speakers) -> str:
    kind = _quoted(_speaker(message, speakers))
    content = " ".join(_content_elements(message.content))
    calls = list(_call_elements(message)) if isinstance(message, AIMessage) else []
    if not calls:
        return f"<message type={kind}>{content}</message>"
    inner = [f"<content>{content}</content>"] if content else []
    return "\n  ".join([f"<message type={kind}>", *inner, *calls]) + "\n</message>"


def _content_elements(content: str | list[str | dict[Any, Any]]) -> Iterator[str]:
    for block in [content] if isinstance(content, str) else content:
        element = _escape(block) if isinstance(block, str) else _block_element(block)
        if element:
            yield element


def _call_elements(message: AIMessage) -> Iterable[str]:
    for call in message.tool_calls:
        id_ = _attribute(_shortened(call["id"] or "", _LONGEST_ID))
        names = f"id={id_} name={_attribute(call['name'])}"
        yield f"<tool_call {names}>{_json(call['args'])}</tool_call>"
    function = message.additional_kwargs.get("function_call")
    if function is not None and not message.tool_calls:
        arguments = _escape(str(function.get("arguments") or "{}"))
        yield f"<function_call name={_attribute(function.get('name'))}>{arguments}</function_call>"


def _block_element(block: dict[str, Any]) -> str | None:
    """Return what can be told of a block in text, nothing for encoded data."""
    write = _ELEMENTS.get(block.get("type"))
    return None if write is None or _holds_data(block) else write(block)


def _text_element(block: dict[str, Any]) -> str:
    return _escape(block.get("text") or "")


def _document_element(block: dict[str, Any]) -> str:
    return _escape(_shortened(block.get("text") or "", _LONGEST_DOCUMENT))


def _reasoning_element(block: dict[str, Any]) -> str | None:
    reasoning = block.get("reasoning")
    return f"<reasoning>{_escape(reasoning)}</reasoning>" if reasoning else None


def _media_element(block: dict[str, Any]) -> str | None:
    for place in ("url", "file_id"):
        if block.get(place):
            return f"<{block['type']} {place}={_quoted(block[place])} />"
    return None


def _image_url_element(block: dict[str, Any]) -> str | None:
    image = block.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    return f"<image url={_quoted(url)} />" if url else None


def _server_call_element(block: dict[str, Any]) -> str:
    names = f"id={_attribute(block.get('id'))} name={_attribute(block.get('name'))}"
    args = _json(block.get("args", {}), _LONGEST_DOCUMENT)
    return f"<server_tool_call {names}>{args}</server_tool_call>"


def _server_result_element(block: dict[str, Any]) -> str:
    call, status = _attribute(block.get("tool_call_id")), _attribute(block.get("status"))
    output = _json(block["output"], _LONGEST_DOCUMENT) if block.get("output") else ""
    names = f"tool_call_id={call} status={status}"
    return f"<server_tool_result {names}>{output}</server_tool_result>"


_ELEMENTS: dict[Any, Callable[[dict[str, Any]], str | None]] = {
    "text": _text_element,
    "text-plain": _document_element,
    "reasoning": _reasoning_element,
    "image": _media_element,
    "audio": _media_element,
    "video": _media_element,
    "image_url": _image_url_element,
    "server_tool_call": _server_call_element,
    "server_tool_result": _server_result_element,
}


def _holds_data(block: dict[str, Any]) -> bool:
    image = block.get("image_url")
    urls = (block.get("url"), image.get("url") if isinstance(image, dict) else None)
    return bool(block.get("base64")) or any(
        isinstance(url, str) and url.startswith("data:") for url in urls
    )


def _attribute(value: Any) -> str:
    return _quoted(str(value or ""))


def _json(value: Any, limit: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _escape(text if limit is None else _shortened(text, limit))


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."


def _escape(text: str) -> str:
    return cast("str", _later("escape")(text))


def _quoted(text: str) -> str:
    return cast("str", _later("quoteattr")(text))
