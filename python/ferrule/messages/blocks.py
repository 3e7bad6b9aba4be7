"""Content of any provider as typed blocks that are the same for all of them.

The types themselves are in `ferrule.messages.block_types`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ferrule.messages.block_types import KNOWN_BLOCK_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ferrule.messages.ai import AIMessage
    from ferrule.messages.content import ContentBlock

__all__ = ["to_answer_blocks", "to_content_blocks"]

_Block = dict[str, Any]

_CALL_TYPES = frozenset({"tool_use", "input_json_delta", "function_call"})


def to_content_blocks(content: str | list[str | _Block]) -> list[ContentBlock]:
    """Return the content as typed blocks; unknown forms become `non_standard` blocks.

    Known are the blocks of `ferrule.messages.content`, the media blocks of OpenAI's chat
    completions and of Anthropic, Anthropic's `thinking`, and media blocks with a `source_type`.

    Example:
        >>> to_content_blocks([{"type": "image_url", "image_url": {"url": "https://x.test/i.png"}}])
        [{'type': 'image', 'url': 'https://x.test/i.png'}]
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [cast("ContentBlock", _typed(item)) for item in content]


def to_answer_blocks(message: AIMessage) -> list[ContentBlock]:
    """Return content, reasoning and tool calls of an answer as typed blocks."""
    if message.response_metadata.get("output_version") == "v1" and isinstance(
        message.content, list
    ):
        return cast("list[ContentBlock]", message.content)
    blocks = cast("list[_Block]", to_content_blocks(message.content))
    if isinstance(message.content, list):
        # Providers repeat there what `tool_calls` holds.
        told = {call["id"] for call in _calls_and_pieces(message)}
        blocks = [block for block in blocks if not _is_call_copy(block, told)]
    blocks.extend(_call_blocks(message, blocks))
    reasoning = message.additional_kwargs.get("reasoning_content")
    if isinstance(reasoning, str) and all(block["type"] != "reasoning" for block in blocks):
        blocks.insert(0, {"type": "reasoning", "reasoning": reasoning})
    return cast("list[ContentBlock]", blocks)


def _call_blocks(message: AIMessage, blocks: list[_Block]) -> Iterable[_Block]:
    """Make blocks of the calls, or, while the answer streams, of the pieces of calls."""
    pieces = getattr(message, "tool_call_chunks", None)
    if pieces and getattr(message, "chunk_position", None) != "last":
        if all(block["type"] != "tool_call_chunk" for block in blocks):
            yield from map(_piece_block, pieces)
        return
    told = {block.get("id") for block in blocks if block["type"] == "tool_call"}
    for call in message.tool_calls:
        if call["id"] and call["id"] not in told:
            yield {
                "type": "tool_call",
                "id": call["id"],
                "name": call["name"],
                "args": call["args"],
            }


def _piece_block(piece: Mapping[str, Any]) -> _Block:
    told = {key: piece.get(key) for key in ("id", "name", "args")}
    index = {} if piece.get("index") is None else {"index": piece["index"]}
    return {"type": "tool_call_chunk", **told, **index}


def _calls_and_pieces(message: AIMessage) -> Iterable[Mapping[str, Any]]:
    yield from message.tool_calls
    yield from getattr(message, "tool_call_chunks", ())


def _is_call_copy(block: _Block, told: set[str | None]) -> bool:
    """Tell whether a block is a provider's form of a call, or piece of one, that is told apart."""
    if block["type"] != "non_standard" or block["value"].get("type") not in _CALL_TYPES:
        return False
    ids = {block["value"].get(key) for key in ("id", "call_id")} - {None}
    return not told.isdisjoint(ids) if ids else bool(told)


def _typed(item: str | _Block) -> _Block:
    if isinstance(item, str):
        return {"type": "text", "text": item}
    kind = item.get("type")
    if "source_type" in item:
        typed = _from_source_type(item)
    else:
        typed = _READERS.get(kind, _unchanged)(item)
    return {"type": "non_standard", "value": item} if typed is None else typed


def _unchanged(item: _Block) -> _Block | None:
    return item if item.get("type") in KNOWN_BLOCK_TYPES else None


def _media(kind: str, item: _Block, told: Iterable[str], **fields: Any) -> _Block:
    """Build a media block; keys of `item` that the block does not tell go to its `extras`."""
    block = {"type": kind, **{key: value for key, value in fields.items() if value is not None}}
    extras = {key: value for key, value in item.items() if key not in {"type", *told}}
    for key in ("id", "index"):
        if key in extras:
            block[key] = extras.pop(key)
    if extras:
        block["extras"] = extras
    return block


def _data_url(url: str) -> dict[str, str]:
    head, _, data = url.partition(",")
    if url.startswith("data:") and head.endswith(";base64"):
        return {"base64": data, "mime_type": head[len("data:") : -len(";base64")]}
    return {"url": url}


def _from_image_url(item: _Block) -> _Block | None:
    image = item.get("image_url")
    if not isinstance(image, dict) or not isinstance(image.get("url"), str):
        return None
    rest = {key: value for key, value in image.items() if key != "url"}
    return _media("image", {**item, **rest}, ["image_url"], **_data_url(image["url"]))


def _from_input_audio(item: _Block) -> _Block | None:
    audio = item.get("input_audio")
    if not isinstance(audio, dict) or "data" not in audio:
        return None
    mime_type = f"audio/{audio['format']}" if "format" in audio else None
    return _media("audio", item, ["input_audio"], base64=audio["data"], mime_type=mime_type)


def _from_file(item: _Block) -> _Block | None:
    file = item.get("file")
    if not isinstance(file, dict):
        return _unchanged(item)
    rest = {key: value for key, value in file.items() if key not in {"file_data", "file_id"}}
    if "file_data" in file:
        data = file["file_data"]
        source = _data_url(data) if data.startswith("data:") else {"base64": data}
        return _media("file", {**item, **rest}, ["file"], **source)
    if "file_id" in file:
        return _media("file", {**item, **rest}, ["file"], file_id=file["file_id"])
    return None


def _from_source(kind: str) -> Callable[[_Block], _Block | None]:
    """Read Anthropic's media blocks, which keep the data under `source`."""

    def read(item: _Block) -> _Block | None:
        source = item.get("source")
        if not isinstance(source, dict):
            return _unchanged(item)
        fields = {"mime_type": source.get("media_type")}
        match source:
            case {"type": "base64", "data": data}:
                return _media(kind, item, ["source"], base64=data, **fields)
            case {"type": "url", "url": url}:
                return _media(kind, item, ["source"], url=url, **fields)
            case {"type": "file", "file_id": file_id}:
                return _media(kind, item, ["source"], file_id=file_id, **fields)
            case {"type": "text", "data": text}:
                return _media("text-plain", item, ["source"], text=text, **fields)
            case _:
                return None

    return read


def _from_source_type(item: _Block) -> _Block | None:
    kind = item.get("type")
    if kind not in {"image", "audio", "file"}:
        return None
    told = {"source_type", "mime_type", "data", "url", "text"}
    fields = {"mime_type": item.get("mime_type")}
    match item:
        case {"source_type": "base64", "data": data}:
            return _media(kind, item, told, base64=data, **fields)
        case {"source_type": "url", "url": url}:
            return _media(kind, item, told, url=url, **fields)
        case {"source_type": "text", "text": text} if kind == "file":
            return _media("text-plain", item, told, text=text, **fields)
        case {"source_type": "id", "id": file_id, **rest}:
            return _media(kind, rest, told, file_id=file_id, **fields)
        case _:
            return None


def _from_thinking(item: _Block) -> _Block | None:
    if not isinstance(item.get("thinking"), str):
        return None
    return _media("reasoning", item, ["thinking"], reasoning=item["thinking"])


_READERS: dict[Any, Callable[[_Block], _Block | None]] = {
    "image_url": _from_image_url,
    "input_audio": _from_input_audio,
    "file": _from_file,
    "image": _from_source("image"),
    "document": _from_source("file"),
    "thinking": _from_thinking,
}
