"""Content blocks: ferrule's, OpenAI's and the API's own, to what the Messages API takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Block", "to_wire", "to_wire_all"]

Block: TypeAlias = dict[str, Any]

_DATA_URL = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+);base64,(?P<data>.+)", re.DOTALL)
_BESIDE = ("cache_control", "citations", "context", "title")


def to_wire_all(content: str | Iterable[str | Mapping[str, Any]]) -> list[Block]:
    """Convert a message's content; empty texts, which the API refuses, are left out."""
    parts = [content] if isinstance(content, str) else content
    return [block for part in parts for block in to_wire(part)]


def to_wire(part: str | Mapping[str, Any]) -> Iterator[Block]:
    """Convert one element of a content to at most one block of the API.

    Blocks that are in the API's form already pass through, without the position that streaming
    leaves in them.

    Raises:
        ValueError: If the element has no `type`, or one that the API has no block for.
    """
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    kind = part.get("type")
    if not isinstance(kind, str):
        msg = f"The content block {dict(part)!r} has no type; give it one, for example 'text'."
        raise ValueError(msg)  # noqa: TRY004  the value is wrong, not the Python type
    convert = _CONVERSIONS.get(kind)
    if convert is None:
        yield {key: value for key, value in part.items() if key != "index"}
        return
    block = convert(part)
    if block is not None:
        yield block


def _text(part: Mapping[str, Any]) -> Block | None:
    text = part.get("text")
    if not text:
        return None
    block = {"type": "text", "text": text, **_beside(part, ("cache_control",))}
    if part.get("citations"):
        block["citations"] = part["citations"]
    return block


def _image_url(part: Mapping[str, Any]) -> Block:
    given = part["image_url"]
    url = given if isinstance(given, str) else given["url"]
    return {"type": "image", "source": _source_of_url(url), **_beside(part, ("cache_control",))}


def _image(part: Mapping[str, Any]) -> Block:
    source = part.get("source") or _source(part, "image/png")
    return {"type": "image", "source": source, **_beside(part, ("cache_control",))}


def _document(part: Mapping[str, Any]) -> Block:
    source = part.get("source") or _source(part, "application/pdf")
    return {"type": "document", "source": source, **_beside(part, _BESIDE)}


def _plain_text(part: Mapping[str, Any]) -> Block:
    if "text" not in part:
        return _document(part)
    source = {"type": "text", "media_type": "text/plain", "data": part["text"]}
    return {"type": "document", "source": source, **_beside(part, _BESIDE)}


def _reasoning(part: Mapping[str, Any]) -> Block | None:
    signature = part.get("signature") or part.get("extras", {}).get("signature")
    if not signature:
        # Reasoning of another provider: the service takes back only what it has signed.
        return None
    return {"type": "thinking", "thinking": part.get("reasoning", ""), "signature": signature}


def _tool_call(part: Mapping[str, Any]) -> Block:
    return {
        "type": "tool_use",
        "id": part["id"],
        "name": part["name"],
        "input": part.get("args", {}),
    }


def _unsupported(part: Mapping[str, Any]) -> Block:
    msg = (
        f"The Messages API takes no content of type {part['type']!r}; "
        "pass text, images or documents."
    )
    raise ValueError(msg)


def _source(part: Mapping[str, Any], default_type: str) -> Block:
    """Find the data of an image or file block, in the present form or the one with source_type."""
    form = part.get("source_type")
    data = part.get("base64") or (part.get("data") if form in {"base64", "text"} else None)
    if form == "text" or (data is None and "text" in part):
        return {"type": "text", "media_type": "text/plain", "data": data or part["text"]}
    if data is not None:
        media_type = part.get("mime_type") or default_type
        return {"type": "base64", "media_type": media_type, "data": data}
    if part.get("url"):
        return _source_of_url(part["url"])
    file_id = part.get("file_id") or (part.get("id") if form == "id" else None)
    if file_id:
        return {"type": "file", "file_id": file_id}
    msg = (
        f"The {part['type']} block has no data: expected one of base64, url, file_id or source "
        f"among its keys {sorted(part)}."
    )
    raise ValueError(msg)


def _source_of_url(url: str) -> Block:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    inline = _DATA_URL.fullmatch(url)
    if inline is None:
        msg = f"The data URL {url[:40]!r}... is not of the form data:<media type>;base64,<data>."
        raise ValueError(msg)
    return {"type": "base64", "media_type": inline["type"], "data": inline["data"]}


def _beside(part: Mapping[str, Any], names: tuple[str, ...]) -> Block:
    """Pick what may stand beside the data, in the block itself or in its `extras`."""
    given = {**(part.get("extras") or {}), **(part.get("metadata") or {}), **part}
    return {name: given[name] for name in names if given.get(name) is not None}


_CONVERSIONS: dict[str, Callable[[Mapping[str, Any]], Block | None]] = {
    "text": _text,
    "image_url": _image_url,
    "image": _image,
    "file": _document,
    "document": _document,
    "text-plain": _plain_text,
    "reasoning": _reasoning,
    "tool_call": _tool_call,
    "audio": _unsupported,
    "input_audio": _unsupported,
    "video": _unsupported,
}
