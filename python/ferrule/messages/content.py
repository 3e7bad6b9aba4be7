"""Typed content blocks: the same for all providers, plain dictionaries at run time.

Every block has a `type`. `id` identifies it, `index` says to which block of a streamed answer it
belongs, `extras` holds what only one provider knows.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypeVar, cast

from typing_extensions import NotRequired, TypedDict

from ferrule.messages.ids import ensure_id
from ferrule.messages.tool_calls import InvalidToolCall

__all__ = [
    "KNOWN_BLOCK_TYPES",
    "Annotation",
    "AudioContentBlock",
    "Citation",
    "ContentBlock",
    "DataContentBlock",
    "FileContentBlock",
    "ImageContentBlock",
    "InvalidToolCall",
    "NonStandardAnnotation",
    "NonStandardContentBlock",
    "PlainTextContentBlock",
    "ReasoningContentBlock",
    "ServerToolCall",
    "ServerToolCallChunk",
    "ServerToolResult",
    "TextContentBlock",
    "ToolCall",
    "ToolCallChunk",
    "ToolContentBlock",
    "VideoContentBlock",
    "create_audio_block",
    "create_citation",
    "create_file_block",
    "create_image_block",
    "create_non_standard_block",
    "create_plaintext_block",
    "create_reasoning_block",
    "create_text_block",
    "create_tool_call",
    "create_video_block",
    "is_data_content_block",
]


class _Indexed(TypedDict):
    index: NotRequired[int | str]
    extras: NotRequired[dict[str, Any]]


class _Block(_Indexed):
    id: NotRequired[str]


class _Media(_Block):
    url: NotRequired[str]
    base64: NotRequired[str]
    """The data itself, encoded."""
    file_id: NotRequired[str]
    """The provider's name for a file that has been uploaded to it."""


class Citation(TypedDict):
    """Says which source a stretch of text relies on."""

    type: Literal["citation"]
    id: NotRequired[str]
    url: NotRequired[str]
    title: NotRequired[str]
    start_index: NotRequired[int]
    """Where the stretch begins in the answer's text."""
    end_index: NotRequired[int]
    """Where it ends, exclusive."""
    cited_text: NotRequired[str]
    """The words of the source."""
    extras: NotRequired[dict[str, Any]]


class NonStandardAnnotation(TypedDict):
    """An annotation in a form that only one provider knows."""

    type: Literal["non_standard_annotation"]
    id: NotRequired[str]
    value: dict[str, Any]


Annotation: TypeAlias = Citation | NonStandardAnnotation


class TextContentBlock(_Block):
    """Text."""

    type: Literal["text"]
    text: str
    annotations: NotRequired[list[Annotation]]


class ReasoningContentBlock(_Block):
    """What the model thought before it answered, as far as the provider shows it."""

    type: Literal["reasoning"]
    reasoning: NotRequired[str]


class ImageContentBlock(_Media):
    """An image."""

    type: Literal["image"]
    mime_type: NotRequired[str]


class VideoContentBlock(_Media):
    """A video."""

    type: Literal["video"]
    mime_type: NotRequired[str]


class AudioContentBlock(_Media):
    """A recording."""

    type: Literal["audio"]
    mime_type: NotRequired[str]


class FileContentBlock(_Media):
    """A file of another kind, such as a PDF."""

    type: Literal["file"]
    mime_type: NotRequired[str]


class PlainTextContentBlock(_Media):
    """A text document that the conversation is about, as opposed to what is said."""

    type: Literal["text-plain"]
    mime_type: Literal["text/plain"]
    text: NotRequired[str]
    title: NotRequired[str]
    context: NotRequired[str]


class ToolCall(_Indexed):
    """A request of the model to call one tool."""

    type: Literal["tool_call"]
    id: str | None
    name: str
    args: dict[str, Any]


class ToolCallChunk(_Indexed):
    """A piece of a tool call; `args` is a piece of JSON text."""

    type: Literal["tool_call_chunk"]
    id: str | None
    name: str | None
    args: str | None


class ServerToolCall(_Indexed):
    """A call of a tool that the provider runs itself."""

    type: Literal["server_tool_call"]
    id: str
    name: str
    args: dict[str, Any]


class ServerToolCallChunk(_Block):
    """A piece of a call of a tool that the provider runs itself."""

    type: Literal["server_tool_call_chunk"]
    name: NotRequired[str]
    args: NotRequired[str]


class ServerToolResult(_Block):
    """What a tool returned that the provider ran itself."""

    type: Literal["server_tool_result"]
    tool_call_id: str
    status: Literal["success", "error"]
    output: NotRequired[Any]


class NonStandardContentBlock(TypedDict):
    """A block in a form that only one provider knows, unchanged under `value`."""

    type: Literal["non_standard"]
    id: NotRequired[str]
    value: dict[str, Any]
    index: NotRequired[int | str]


DataContentBlock: TypeAlias = (
    ImageContentBlock
    | VideoContentBlock
    | AudioContentBlock
    | PlainTextContentBlock
    | FileContentBlock
)
"""Blocks that carry or point to data."""

ToolContentBlock: TypeAlias = (
    ToolCall | ToolCallChunk | ServerToolCall | ServerToolCallChunk | ServerToolResult
)
"""Blocks about tools."""

ContentBlock: TypeAlias = (
    TextContentBlock
    | InvalidToolCall
    | ReasoningContentBlock
    | NonStandardContentBlock
    | DataContentBlock
    | ToolContentBlock
)
"""Any typed block."""

_DATA_TYPES = frozenset({"image", "video", "audio", "text-plain", "file"})

KNOWN_BLOCK_TYPES = _DATA_TYPES | {
    "invalid_tool_call",
    "non_standard",
    "reasoning",
    "server_tool_call",
    "server_tool_call_chunk",
    "server_tool_result",
    "text",
    "tool_call",
    "tool_call_chunk",
}
"""The types of blocks that are the same for all providers."""

_Kind = TypeVar("_Kind")

# The key that holds the data of a block with a `source_type`, the form before typed blocks.
_SOURCE_KEYS = {"url": "url", "base64": "data", "id": "id", "text": "url"}


def is_data_content_block(block: dict[str, Any]) -> bool:
    """Return whether the block carries or points to data, in the typed or the older form.

    Example:
        >>> is_data_content_block({"type": "image", "url": "https://example.org/i.png"})
        True
        >>> is_data_content_block({"type": "text", "text": "Hi"})
        False
    """
    if block.get("type") not in _DATA_TYPES:
        return False
    if any(key in block for key in ("url", "base64", "file_id", "text")):
        return True
    return _SOURCE_KEYS.get(block.get("source_type", ""), "") in block


def create_text_block(
    text: str,
    *,
    id: str | None = None,
    annotations: list[Annotation] | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> TextContentBlock:
    """Make a text block.

    An id is made up if none is given, and further keywords become `extras`; this holds for all
    blocks that are made here.

    Example:
        >>> create_text_block("Hi", id="b1")
        {'type': 'text', 'text': 'Hi', 'id': 'b1'}
    """
    return _block(
        TextContentBlock, "text", kwargs, text=text, id=id, annotations=annotations, index=index
    )


def create_image_block(
    *,
    url: str | None = None,
    base64: str | None = None,
    file_id: str | None = None,
    mime_type: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> ImageContentBlock:
    """Make an image block.

    Raises:
        ValueError: If none of `url`, `base64` and `file_id` is given.
    """
    _require_source("image", url, base64, file_id)
    return _block(
        ImageContentBlock,
        "image",
        kwargs,
        id=id,
        url=url,
        base64=base64,
        file_id=file_id,
        mime_type=mime_type,
        index=index,
    )


def create_video_block(
    *,
    url: str | None = None,
    base64: str | None = None,
    file_id: str | None = None,
    mime_type: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> VideoContentBlock:
    """Make a video block.

    Raises:
        ValueError: If there is no `url`, `base64` or `file_id`, or `base64` without `mime_type`.
    """
    _require_source("video", url, base64, file_id, mime_type or "")
    return _block(
        VideoContentBlock,
        "video",
        kwargs,
        id=id,
        url=url,
        base64=base64,
        file_id=file_id,
        mime_type=mime_type,
        index=index,
    )


def create_audio_block(
    *,
    url: str | None = None,
    base64: str | None = None,
    file_id: str | None = None,
    mime_type: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> AudioContentBlock:
    """Make an audio block.

    Raises:
        ValueError: If there is no `url`, `base64` or `file_id`, or `base64` without `mime_type`.
    """
    _require_source("audio", url, base64, file_id, mime_type or "")
    return _block(
        AudioContentBlock,
        "audio",
        kwargs,
        id=id,
        url=url,
        base64=base64,
        file_id=file_id,
        mime_type=mime_type,
        index=index,
    )


def create_file_block(
    *,
    url: str | None = None,
    base64: str | None = None,
    file_id: str | None = None,
    mime_type: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> FileContentBlock:
    """Make a file block.

    Raises:
        ValueError: If there is no `url`, `base64` or `file_id`, or `base64` without `mime_type`.
    """
    _require_source("file", url, base64, file_id, mime_type or "")
    return _block(
        FileContentBlock,
        "file",
        kwargs,
        id=id,
        url=url,
        base64=base64,
        file_id=file_id,
        mime_type=mime_type,
        index=index,
    )


def create_plaintext_block(
    text: str | None = None,
    url: str | None = None,
    base64: str | None = None,
    file_id: str | None = None,
    title: str | None = None,
    context: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> PlainTextContentBlock:
    """Make a block for a text document."""
    return _block(
        PlainTextContentBlock,
        "text-plain",
        kwargs,
        mime_type="text/plain",
        id=id,
        text=text,
        url=url,
        base64=base64,
        file_id=file_id,
        title=title,
        context=context,
        index=index,
    )


def create_tool_call(
    name: str,
    args: dict[str, Any],
    *,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> ToolCall:
    """Make a tool call block."""
    return _block(ToolCall, "tool_call", kwargs, name=name, args=args, id=id, index=index)


def create_reasoning_block(
    reasoning: str | None = None,
    id: str | None = None,
    index: int | str | None = None,
    **kwargs: Any,
) -> ReasoningContentBlock:
    """Make a reasoning block."""
    return _block(
        ReasoningContentBlock, "reasoning", kwargs, reasoning=reasoning or "", id=id, index=index
    )


def create_citation(
    *,
    url: str | None = None,
    title: str | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    cited_text: str | None = None,
    id: str | None = None,
    **kwargs: Any,
) -> Citation:
    """Make a citation."""
    return _block(
        Citation,
        "citation",
        kwargs,
        id=id,
        url=url,
        title=title,
        start_index=start_index,
        end_index=end_index,
        cited_text=cited_text,
    )


def create_non_standard_block(
    value: dict[str, Any],
    *,
    id: str | None = None,
    index: int | str | None = None,
) -> NonStandardContentBlock:
    """Make a block that holds another one in its provider's own form."""
    return _block(NonStandardContentBlock, "non_standard", {}, value=value, id=id, index=index)


def _block(
    _kind: type[_Kind], type_: str, extras: dict[str, Any], *, id: str | None, **fields: Any
) -> _Kind:
    block: dict[str, Any] = {
        "type": type_,
        **{key: item for key, item in fields.items() if item is not None},
    }
    block["id"] = ensure_id(id)
    if told := {key: item for key, item in extras.items() if item is not None}:
        block["extras"] = told
    return cast("_Kind", block)


def _require_source(
    kind: str, url: str | None, base64: str | None, file_id: str | None, mime_type: str = "any"
) -> None:
    if not (url or base64 or file_id):
        msg = f"The {kind} block has no data: pass one of url, base64 and file_id."
        raise ValueError(msg)
    if base64 and not mime_type:
        msg = f"The {kind} block has base64 data of unknown kind: pass mime_type as well."
        raise ValueError(msg)
