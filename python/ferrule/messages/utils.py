"""Functions on messages, under langchain-core's path; each has its own module."""

from __future__ import annotations

from ferrule.messages.buffer import get_buffer_string
from ferrule.messages.convert import (
    AnyMessage,
    MessageLikeRepresentation,
    convert_to_messages,
    message_chunk_to_message,
    messages_from_dict,
)
from ferrule.messages.openai_format import convert_to_openai_messages
from ferrule.messages.select import filter_messages, merge_message_runs
from ferrule.messages.tokens import count_tokens_approximately
from ferrule.messages.trim import trim_messages

__all__ = [
    "AnyMessage",
    "MessageLikeRepresentation",
    "convert_to_messages",
    "convert_to_openai_messages",
    "count_tokens_approximately",
    "filter_messages",
    "get_buffer_string",
    "merge_message_runs",
    "message_chunk_to_message",
    "messages_from_dict",
    "trim_messages",
]
