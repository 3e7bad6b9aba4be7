"""Messages of a conversation with a model, and pieces of messages that are being streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.messages.ai import AIMessage, AIMessageChunk, add_ai_message_chunks
    from ferrule.messages.base import (
        BaseMessage,
        BaseMessageChunk,
        message_to_dict,
        messages_to_dict,
    )
    from ferrule.messages.buffer import get_buffer_string
    from ferrule.messages.chat import ChatMessage, ChatMessageChunk
    from ferrule.messages.content import (
        Annotation,
        AudioContentBlock,
        Citation,
        ContentBlock,
        DataContentBlock,
        FileContentBlock,
        ImageContentBlock,
        NonStandardAnnotation,
        NonStandardContentBlock,
        PlainTextContentBlock,
        ReasoningContentBlock,
        ServerToolCall,
        ServerToolCallChunk,
        ServerToolResult,
        TextContentBlock,
        VideoContentBlock,
        is_data_content_block,
    )
    from ferrule.messages.convert import (
        AnyMessage,
        MessageLikeRepresentation,
        _convert_to_message,
        _message_from_dict,
        convert_to_messages,
        message_chunk_to_message,
        messages_from_dict,
    )
    from ferrule.messages.function import FunctionMessage, FunctionMessageChunk
    from ferrule.messages.human import HumanMessage, HumanMessageChunk
    from ferrule.messages.ids import LC_AUTO_PREFIX, LC_ID_PREFIX, ensure_id
    from ferrule.messages.merge import merge_content
    from ferrule.messages.modifier import RemoveMessage
    from ferrule.messages.notification import (
        NotificationMetadata,
        add_notification_metadata,
        get_notification_metadata,
    )
    from ferrule.messages.openai_blocks import (
        convert_to_openai_data_block,
        convert_to_openai_image_block,
    )
    from ferrule.messages.openai_format import convert_to_openai_messages
    from ferrule.messages.select import filter_messages, merge_message_runs
    from ferrule.messages.system import SystemMessage, SystemMessageChunk
    from ferrule.messages.tokens import count_tokens_approximately
    from ferrule.messages.tool import ToolMessage, ToolMessageChunk
    from ferrule.messages.tool_calls import (
        InvalidToolCall,
        ToolCall,
        ToolCallChunk,
        invalid_tool_call,
        tool_call,
        tool_call_chunk,
    )
    from ferrule.messages.trim import trim_messages
    from ferrule.messages.usage import (
        InputTokenDetails,
        OutputTokenDetails,
        UsageMetadata,
        add_usage,
        subtract_usage,
    )

__all__ = [
    "LC_AUTO_PREFIX",
    "LC_ID_PREFIX",
    "AIMessage",
    "AIMessageChunk",
    "Annotation",
    "AnyMessage",
    "AudioContentBlock",
    "BaseMessage",
    "BaseMessageChunk",
    "ChatMessage",
    "ChatMessageChunk",
    "Citation",
    "ContentBlock",
    "DataContentBlock",
    "FileContentBlock",
    "FunctionMessage",
    "FunctionMessageChunk",
    "HumanMessage",
    "HumanMessageChunk",
    "ImageContentBlock",
    "InputTokenDetails",
    "InvalidToolCall",
    "MessageLikeRepresentation",
    "NonStandardAnnotation",
    "NonStandardContentBlock",
    "NotificationMetadata",
    "OutputTokenDetails",
    "PlainTextContentBlock",
    "ReasoningContentBlock",
    "RemoveMessage",
    "ServerToolCall",
    "ServerToolCallChunk",
    "ServerToolResult",
    "SystemMessage",
    "SystemMessageChunk",
    "TextContentBlock",
    "ToolCall",
    "ToolCallChunk",
    "ToolMessage",
    "ToolMessageChunk",
    "UsageMetadata",
    "VideoContentBlock",
    "_convert_to_message",
    "_message_from_dict",
    "add_ai_message_chunks",
    "add_notification_metadata",
    "add_usage",
    "convert_to_messages",
    "convert_to_openai_data_block",
    "convert_to_openai_image_block",
    "convert_to_openai_messages",
    "count_tokens_approximately",
    "ensure_id",
    "filter_messages",
    "get_buffer_string",
    "get_notification_metadata",
    "invalid_tool_call",
    "is_data_content_block",
    "merge_content",
    "merge_message_runs",
    "message_chunk_to_message",
    "message_to_dict",
    "messages_from_dict",
    "messages_to_dict",
    "subtract_usage",
    "tool_call",
    "tool_call_chunk",
    "trim_messages",
]

_OWNERS = {
    ".ai": ("AIMessage", "AIMessageChunk", "add_ai_message_chunks"),
    ".base": ("BaseMessage", "BaseMessageChunk", "message_to_dict", "messages_to_dict"),
    ".buffer": ("get_buffer_string",),
    ".chat": ("ChatMessage", "ChatMessageChunk"),
    ".content": (
        "Annotation",
        "AudioContentBlock",
        "Citation",
        "ContentBlock",
        "DataContentBlock",
        "FileContentBlock",
        "ImageContentBlock",
        "NonStandardAnnotation",
        "NonStandardContentBlock",
        "PlainTextContentBlock",
        "ReasoningContentBlock",
        "ServerToolCall",
        "ServerToolCallChunk",
        "ServerToolResult",
        "TextContentBlock",
        "VideoContentBlock",
        "is_data_content_block",
    ),
    ".convert": (
        "AnyMessage",
        "MessageLikeRepresentation",
        "_convert_to_message",
        "_message_from_dict",
        "convert_to_messages",
        "message_chunk_to_message",
        "messages_from_dict",
    ),
    ".function": ("FunctionMessage", "FunctionMessageChunk"),
    ".human": ("HumanMessage", "HumanMessageChunk"),
    ".ids": ("LC_AUTO_PREFIX", "LC_ID_PREFIX", "ensure_id"),
    ".merge": ("merge_content",),
    ".modifier": ("RemoveMessage",),
    ".notification": (
        "NotificationMetadata",
        "add_notification_metadata",
        "get_notification_metadata",
    ),
    ".openai_blocks": ("convert_to_openai_data_block", "convert_to_openai_image_block"),
    ".openai_format": ("convert_to_openai_messages",),
    ".select": ("filter_messages", "merge_message_runs"),
    ".system": ("SystemMessage", "SystemMessageChunk"),
    ".tokens": ("count_tokens_approximately",),
    ".tool": ("ToolMessage", "ToolMessageChunk"),
    ".tool_calls": (
        "InvalidToolCall",
        "ToolCall",
        "ToolCallChunk",
        "invalid_tool_call",
        "tool_call",
        "tool_call_chunk",
    ),
    ".trim": ("trim_messages",),
    ".usage": (
        "InputTokenDetails",
        "OutputTokenDetails",
        "UsageMetadata",
        "add_usage",
        "subtract_usage",
    ),
}

__getattr__, __dir__ = attach(
    __name__, {name: owner for owner, names in _OWNERS.items() for name in names}
)
