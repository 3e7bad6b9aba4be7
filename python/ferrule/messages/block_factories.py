"""Functions that make content blocks and give them an id."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from ferrule.messages.block_types import (
    Annotation,
    AudioContentBlock,
    Citation,
    FileContentBlock,
    ImageContentBlock,
    NonStandardContentBlock,
    PlainTextContentBlock,
    ReasoningContentBlock,
    TextContentBlock,
    ToolCall,
    VideoContentBlock,
)
from ferrule.messages.ids import ensure_id

__all__ = [
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
]

_Kind = TypeVar("_Kind")


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
