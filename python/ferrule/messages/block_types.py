"""The types of content blocks: the same for all providers, plain dictionaries at run time.

Every block has a `type`. `id` identifies it, `index` says to which block of a streamed answer it
belongs, `extras` holds what only one provider knows.
"""

# Annotations are not postponed here: the typed dicts read from them which keys may be left out.

from typing import Any, Literal, TypeAlias

from typing_extensions import NotRequired, TypedDict

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
    AudioContentBlock
    | FileContentBlock
    | ImageContentBlock
    | PlainTextContentBlock
    | VideoContentBlock
)
"""Blocks that carry or point to data."""

ToolContentBlock: TypeAlias = (
    ToolCall | ToolCallChunk | ServerToolCall | ServerToolCallChunk | ServerToolResult
)
"""Blocks about tools."""

ContentBlock: TypeAlias = (
    DataContentBlock
    | InvalidToolCall
    | NonStandardContentBlock
    | ReasoningContentBlock
    | TextContentBlock
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
