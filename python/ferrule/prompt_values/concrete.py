"""Filled prompts that name every kind of message, for schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ferrule.messages.convert import AnyMessage
from ferrule.prompt_values.chat import ChatPromptValue

__all__ = ["ChatPromptValueConcrete"]


class ChatPromptValueConcrete(ChatPromptValue):
    """A `ChatPromptValue` whose schema tells the kinds of messages apart."""

    messages: Sequence[AnyMessage]  # pyright: ignore[reportIncompatibleVariableOverride]
    """The messages, first to last."""
    type: Literal["ChatPromptValueConcrete"] = "ChatPromptValueConcrete"
