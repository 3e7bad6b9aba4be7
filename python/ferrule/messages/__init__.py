"""Messages of a conversation with a model, and pieces of messages that are being streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.messages.ai import (
        AIMessage as AIMessage,
        AIMessageChunk as AIMessageChunk,
        add_ai_message_chunks as add_ai_message_chunks,
    )
    from ferrule.messages.base import (
        BaseMessage as BaseMessage,
        BaseMessageChunk as BaseMessageChunk,
        MessageLikeRepresentation as MessageLikeRepresentation,
        message_to_dict as message_to_dict,
        messages_to_dict as messages_to_dict,
    )
    from ferrule.messages.buffer import get_buffer_string as get_buffer_string
    from ferrule.messages.chat import (
        ChatMessage as ChatMessage,
        ChatMessageChunk as ChatMessageChunk,
    )
    from ferrule.messages.content import (
        Annotation as Annotation,
        AudioContentBlock as AudioContentBlock,
        Citation as Citation,
        ContentBlock as ContentBlock,
        DataContentBlock as DataContentBlock,
        FileContentBlock as FileContentBlock,
        ImageContentBlock as ImageContentBlock,
        NonStandardAnnotation as NonStandardAnnotation,
        NonStandardContentBlock as NonStandardContentBlock,
        PlainTextContentBlock as PlainTextContentBlock,
        ReasoningContentBlock as ReasoningContentBlock,
        ServerToolCall as ServerToolCall,
        ServerToolCallChunk as ServerToolCallChunk,
        ServerToolResult as ServerToolResult,
        TextContentBlock as TextContentBlock,
        VideoContentBlock as VideoContentBlock,
        is_data_content_block as is_data_content_block,
    )
    from ferrule.messages.convert import (
        AnyMessage as AnyMessage,
        _convert_to_message as _convert_to_message,
        _message_from_dict as _message_from_dict,
        convert_to_messages as convert_to_messages,
        message_chunk_to_message as message_chunk_to_message,
        messages_from_dict as messages_from_dict,
    )
    from ferrule.messages.function import (
        FunctionMessage as FunctionMessage,
        FunctionMessageChunk as FunctionMessageChunk,
    )
    from ferrule.messages.human import (
        HumanMessage as HumanMessage,
        HumanMessageChunk as HumanMessageChunk,
    )
    from ferrule.messages.ids import (
        LC_AUTO_PREFIX as LC_AUTO_PREFIX,
        LC_ID_PREFIX as LC_ID_PREFIX,
        ensure_id as ensure_id,
    )
    from ferrule.messages.merge import merge_content as merge_content
    from ferrule.messages.modifier import RemoveMessage as RemoveMessage
    from ferrule.messages.notification import (
        NotificationMetadata as NotificationMetadata,
        add_notification_metadata as add_notification_metadata,
        get_notification_metadata as get_notification_metadata,
    )
    from ferrule.messages.openai_blocks import (
        convert_to_openai_data_block as convert_to_openai_data_block,
        convert_to_openai_image_block as convert_to_openai_image_block,
    )
    from ferrule.messages.openai_format import (
        convert_to_openai_messages as convert_to_openai_messages,
    )
    from ferrule.messages.select import (
        filter_messages as filter_messages,
        merge_message_runs as merge_message_runs,
    )
    from ferrule.messages.system import (
        SystemMessage as SystemMessage,
        SystemMessageChunk as SystemMessageChunk,
    )
    from ferrule.messages.tokens import count_tokens_approximately as count_tokens_approximately
    from ferrule.messages.tool import (
        ToolMessage as ToolMessage,
        ToolMessageChunk as ToolMessageChunk,
    )
    from ferrule.messages.tool_calls import (
        InvalidToolCall as InvalidToolCall,
        ToolCall as ToolCall,
        ToolCallChunk as ToolCallChunk,
        invalid_tool_call as invalid_tool_call,
        tool_call as tool_call,
        tool_call_chunk as tool_call_chunk,
    )
    from ferrule.messages.trim import trim_messages as trim_messages
    from ferrule.messages.usage import (
        InputTokenDetails as InputTokenDetails,
        OutputTokenDetails as OutputTokenDetails,
        UsageMetadata as UsageMetadata,
        add_usage as add_usage,
        subtract_usage as subtract_usage,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".ai": "AIMessage AIMessageChunk add_ai_message_chunks",
            ".base": """
                BaseMessage BaseMessageChunk MessageLikeRepresentation message_to_dict
                messages_to_dict
            """,
            ".buffer": "get_buffer_string",
            ".chat": "ChatMessage ChatMessageChunk",
            ".content": """
                Annotation AudioContentBlock Citation ContentBlock DataContentBlock
                FileContentBlock ImageContentBlock NonStandardAnnotation
                NonStandardContentBlock PlainTextContentBlock ReasoningContentBlock
                ServerToolCall ServerToolCallChunk ServerToolResult TextContentBlock
                VideoContentBlock is_data_content_block
            """,
            ".convert": """
                AnyMessage _convert_to_message _message_from_dict convert_to_messages
                message_chunk_to_message messages_from_dict
            """,
            ".function": "FunctionMessage FunctionMessageChunk",
            ".human": "HumanMessage HumanMessageChunk",
            ".ids": "LC_AUTO_PREFIX LC_ID_PREFIX ensure_id",
            ".merge": "merge_content",
            ".modifier": "RemoveMessage",
            ".notification": """
                NotificationMetadata add_notification_metadata
                get_notification_metadata
            """,
            ".openai_blocks": "convert_to_openai_data_block convert_to_openai_image_block",
            ".openai_format": "convert_to_openai_messages",
            ".select": "filter_messages merge_message_runs",
            ".system": "SystemMessage SystemMessageChunk",
            ".tokens": "count_tokens_approximately",
            ".tool": "ToolMessage ToolMessageChunk",
            ".tool_calls": """
                InvalidToolCall ToolCall ToolCallChunk invalid_tool_call tool_call
                tool_call_chunk
            """,
            ".trim": "trim_messages",
            ".usage": "InputTokenDetails OutputTokenDetails UsageMetadata add_usage subtract_usage",
        },
    )
