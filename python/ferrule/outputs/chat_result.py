"""`ChatResult`: what a chat model returns for one prompt."""

from __future__ import annotations

from typing import Any

from ferrule.load.trusted import TrustedModel
from ferrule.outputs.chat_generation import ChatGeneration

__all__ = ["ChatResult"]


class ChatResult(TrustedModel):
    """What the implementation of a chat model returns for one prompt."""

    generations: list[ChatGeneration]
    """The candidates, best first."""
    llm_output: dict[str, Any] | None = None
    """What else the provider told about the call."""
