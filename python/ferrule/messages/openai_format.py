"""Messages in the form that OpenAI's chat completions take, which others accept as well."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from ferrule.messages.ai import AIMessage
from ferrule.messages.base import BaseMessage
from ferrule.messages.chat import ChatMessage
from ferrule.messages.content import is_data_content_block
from ferrule.messages.convert import convert_to_messages
from ferrule.messages.function import FunctionMessage
from ferrule.messages.human import HumanMessage
from ferrule.messages.openai_blocks import PLACEHOLDER_NAME, convert_to_openai_data_block
from ferrule.messages.system import SystemMessage
from ferrule.messages.tool import ToolMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ferrule.messages.convert import MessageLikeRepresentation

    # Text is a sequence of texts too, but stands for one message.
    _NoText: TypeAlias = (
        BaseMessage | list[str] | tuple[str, str | list[str | dict[str, Any]]] | dict[str, Any]
    )

__all__ = ["convert_to_openai_messages", "openai_role", "write_for_openai"]

_TextFormat = Literal["string", "block"]
_Block = dict[str, Any]

_ROLES: dict[type[BaseMessage], str] = {
    AIMessage: "assistant",
    HumanMessage: "user",
    ToolMessage: "tool",
    FunctionMessage: "function",
}


@overload
def convert_to_openai_messages(
    messages: BaseMessage | str | dict[str, Any],
    *,
    text_format: _TextFormat = "string",
    include_id: bool = False,
    pass_through_unknown_blocks: bool = True,
) -> dict[str, Any]: ...
@overload
def convert_to_openai_messages(
    messages: Sequence[_NoText] | list[str] | list[MessageLikeRepresentation],
    *,
    text_format: _TextFormat = "string",
    include_id: bool = False,
    pass_through_unknown_blocks: bool = True,
) -> list[dict[str, Any]]: ...
def convert_to_openai_messages(
    messages: MessageLikeRepresentation | Sequence[MessageLikeRepresentation],
    *,
    text_format: _TextFormat = "string",
    include_id: bool = False,
    pass_through_unknown_blocks: bool = True,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Return messages as OpenAI's chat completions take them, one dictionary each.

    Content blocks of Anthropic, Bedrock and Google are translated. A tool result inside of a
    message becomes a message of its own, behind it.

    Args:
        messages: One message (or what stands for it), or several.
        text_format: Whether content that is only text is a string or a list of text blocks.
        include_id: Whether to tell the messages' ids.
        pass_through_unknown_blocks: Whether blocks of no known form are kept or are errors.

    Returns:
        One dictionary for one message, else a list.

    Raises:
        ValueError: If a content block lacks a key, or is of no known form and must be.

    Example:
        >>> convert_to_openai_messages([("system", "Be brief."), AIMessage("3")])
        [{'role': 'system', 'content': 'Be brief.'}, {'role': 'assistant', 'content': '3'}]
    """
    if text_format not in {"string", "block"}:
        msg = f"Unknown text_format {text_format!r}: use 'string' or 'block'."
        raise ValueError(msg)
    is_single = isinstance(messages, (BaseMessage, dict, str))
    converted = convert_to_messages([messages] if is_single else messages)  # type: ignore[list-item,arg-type]
    told: list[dict[str, Any]] = []
    for position, message in enumerate(converted):
        writer = _Writer(message, f"messages[{position}]", text_format, pass_through_unknown_blocks)
        told.extend(writer.write(include_id=include_id))
    return told[0] if is_single else told


def write_for_openai(message: BaseMessage, position: int) -> list[dict[str, Any]]:
    """Return a message as a request holds it: text stays text, blocks stay blocks.

    Args:
        message: The message.
        position: Where it stands among the messages, for errors.

    Raises:
        ValueError: If a content block lacks a key or is of no known form.
    """
    text_format: _TextFormat = "string" if isinstance(message.content, str) else "block"
    writer = _Writer(message, f"messages[{position}]", text_format, keeps_unknown=False)
    return list(writer.write(include_id=False))


def openai_role(message: BaseMessage) -> str:
    """Return the role that OpenAI gives to messages of this kind.

    Raises:
        ValueError: If the message is of an unknown kind.
    """
    if known := _ROLES.get(type(message)):  # nearly always
        return known
    if isinstance(message, ChatMessage):
        return message.role
    if isinstance(message, SystemMessage):
        return str(message.additional_kwargs.get("__openai_role__", "system"))
    for cls, role in _ROLES.items():
        if isinstance(message, cls):
            return role
    msg = f"OpenAI has no role for messages of type {type(message).__name__}: {message!r}."
    raise ValueError(msg)


class _Writer:
    """Writes one message; collects what leaves its content: tool calls and tool results."""

    def __init__(
        self, message: BaseMessage, place: str, text_format: _TextFormat, keeps_unknown: bool
    ) -> None:
        self._message = message
        self._place = place
        self._text_format: _TextFormat = text_format
        self._keeps_unknown = keeps_unknown
        self._calls = list(message.tool_calls) if isinstance(message, AIMessage) else []
        self._told_calls = [
            _call(call["id"], call["name"], json.dumps(call["args"], ensure_ascii=False))
            for call in self._calls
        ]
        self._results: list[dict[str, Any]] = []

    def write(self, *, include_id: bool) -> Iterable[dict[str, Any]]:
        message = self._message
        content = self._content()
        told: dict[str, Any] = {"role": openai_role(message)}
        if message.name:
            told["name"] = message.name
        if self._told_calls:
            told["tool_calls"] = self._told_calls
        if refusal := message.additional_kwargs.get("refusal"):
            told["refusal"] = refusal
        if isinstance(message, ToolMessage):
            told["tool_call_id"] = message.tool_call_id
        if include_id and message.id:
            told["id"] = message.id
        told["content"] = content
        if content or not message.content or not self._results:
            yield told
        yield from self._results

    def _content(self) -> str | list[_Block]:
        content = self._message.content
        if isinstance(content, str):
            if self._text_format == "string":
                return content
            return [{"type": "text", "text": content}] if content else []
        blocks = [
            block
            for position, item in enumerate(content)
            for block in self._translate(item, f"{self._place}.content[{position}]")
        ]
        if self._text_format == "string" and all(block["type"] == "text" for block in blocks):
            return "\n".join(block["text"] for block in blocks)
        return blocks

    def _translate(self, item: str | _Block, place: str) -> Iterable[_Block]:
        if isinstance(item, str):
            return [{"type": "text", "text": item}]
        kind = item.get("type") or next((key for key in _UNTYPED if key in item), None)
        if kind in _CONTENT_FREE:
            return _CONTENT_FREE[kind](self, item, place)
        if kind not in {"text", "image_url"} and is_data_content_block(item):
            return [_named_file(convert_to_openai_data_block(item))]
        if kind in _FORMS:
            return [_FORMS[kind](item, place)]
        if kind not in {"thinking", "reasoning"} and not self._keeps_unknown:
            msg = f"The block at {place} is of no form that can be translated for OpenAI: {item!r}."
            raise ValueError(msg)
        return [item]

    def take_tool_use(self, item: _Block, place: str) -> Iterable[_Block]:
        _require(item, place, "id", "name", "input")
        if all(call["id"] != item["id"] for call in self._calls):
            arguments = json.dumps(item["input"], ensure_ascii=False)
            self._told_calls.append(_call(item["id"], item["name"], arguments))
        return []

    def take_function_call(self, item: _Block, place: str) -> Iterable[_Block]:
        if all(call["id"] != item.get("call_id") for call in self._calls):
            _require(item, place, "call_id", "name", "arguments")
            self._told_calls.append(_call(item["call_id"], item["name"], item["arguments"]))
        return [item] if self._keeps_unknown else []

    def take_tool_result(self, item: _Block, place: str) -> Iterable[_Block]:
        _require(item, place, "content", "tool_use_id")
        result = ToolMessage(
            item["content"],
            tool_call_id=item["tool_use_id"],
            status="error" if item.get("is_error") else "success",
        )
        writer = _Writer(result, place, self._text_format, self._keeps_unknown)
        self._results.extend(writer.write(include_id=False))
        return []


def _call(id_: str | None, name: str, arguments: str) -> dict[str, Any]:
    return {"type": "function", "id": id_, "function": {"name": name, "arguments": arguments}}


def _require(block: Any, place: str, *keys: str) -> None:
    missing = [key for key in keys if key not in block]
    if missing:
        msg = f"The block at {place} lacks {', '.join(map(repr, missing))}: {block!r}."
        raise ValueError(msg)


def _text(item: _Block, place: str) -> _Block:
    _require(item, place, "text")
    return {"type": "text", "text": item["text"]}


def _image_url(item: _Block, place: str) -> _Block:
    _require(item, place, "image_url")
    return {"type": "image_url", "image_url": item["image_url"]}


def _image(item: _Block, place: str) -> _Block:
    """Translate the images of Anthropic (`source`) and of Bedrock (`image`)."""
    if source := item.get("source"):
        if source.get("type") == "url":
            _require(source, place, "url")
            return _linked_image(source["url"])
        _require(source, place, "media_type", "type", "data")
        return _linked_image(f"data:{source['media_type']};{source['type']},{source['data']}")
    _require(item, place, "image")
    image = item["image"]
    _require(image, place, "source", "format")
    return _encoded_image(f"image/{image['format']}", image["source"]["bytes"])


def _media(item: _Block, place: str) -> _Block:
    """Translate the media blocks of Google."""
    _require(item, place, "mime_type", "data")
    if "image" not in item["mime_type"]:
        msg = f"OpenAI takes no media but images here; {place} is {item['mime_type']!r}."
        raise ValueError(msg)
    return _encoded_image(item["mime_type"], item["data"])


def _json(item: _Block, place: str) -> _Block:
    _require(item, place, "json")
    return {"type": "text", "text": json.dumps(item["json"])}


def _guard_content(item: _Block, place: str) -> _Block:
    _require(item, place, "guard_content")
    _require(item["guard_content"], place, "text")
    text = item["guard_content"]["text"]
    return {"type": "text", "text": text["text"] if isinstance(text, dict) else text}


def _linked_image(url: str) -> _Block:
    return {"type": "image_url", "image_url": {"url": url}}


def _encoded_image(mime_type: str, data: bytes) -> _Block:
    return _linked_image(f"data:{mime_type};base64,{base64.b64encode(data).decode()}")


def _file(item: _Block, _place: str) -> _Block:
    """Name a file of OpenAI's own form that has no name; one that was uploaded needs none."""
    file = item.get("file")
    return _named_file(item) if isinstance(file, dict) and "file_data" in file else item


def _named_file(item: _Block) -> _Block:
    file = item.get("file")
    if isinstance(file, dict) and file.get("filename") is None:
        return {**item, "file": {**file, "filename": PLACEHOLDER_NAME}}
    return item


_UNTYPED = ("image", "json", "guard_content")

_FORMS: dict[Any, Callable[[_Block, str], _Block]] = {
    "text": _text,
    "image_url": _image_url,
    "image": _image,
    "media": _media,
    "json": _json,
    "guard_content": _guard_content,
    "file": _file,
    "input_audio": lambda item, _place: item,
}

_CONTENT_FREE: dict[Any, Callable[[_Writer, _Block, str], Iterable[_Block]]] = {
    "tool_use": _Writer.take_tool_use,
    "function_call": _Writer.take_function_call,
    "tool_result": _Writer.take_tool_result,
}
