"""The typed dicts of messages at run time."""

from __future__ import annotations

import pytest

from ferrule import messages
from ferrule.messages.notification import NotificationMetadata


@pytest.mark.parametrize(
    ("typed_dict", "required"),
    [
        (messages.ToolCall, {"name", "args", "id"}),
        (messages.ToolCallChunk, {"name", "args", "id", "index"}),
        (messages.InvalidToolCall, {"type", "name", "args", "id", "error"}),
        (messages.UsageMetadata, {"input_tokens", "output_tokens", "total_tokens"}),
        (messages.TextContentBlock, {"type", "text"}),
        (messages.ImageContentBlock, {"type"}),
        (messages.ServerToolCall, {"type", "id", "name", "args"}),
        (NotificationMetadata, {"source"}),
    ],
)
def test_which_keys_are_required(typed_dict, required):
    """Keys that may be left out are told apart, for who builds a schema or a check from them."""
    assert typed_dict.__required_keys__ == required
    assert typed_dict.__optional_keys__ == set(typed_dict.__annotations__) - required
