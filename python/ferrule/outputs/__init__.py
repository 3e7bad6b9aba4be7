"""What models return: answers, pieces of answers, and results of whole calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.outputs.chat_generation import (
        ChatGeneration,
        ChatGenerationChunk,
        merge_chat_generation_chunks,
    )
    from ferrule.outputs.chat_result import ChatResult
    from ferrule.outputs.generation import Generation, GenerationChunk
    from ferrule.outputs.llm_result import LLMResult
    from ferrule.outputs.run_info import RunInfo

__all__ = [
    "ChatGeneration",
    "ChatGenerationChunk",
    "ChatResult",
    "Generation",
    "GenerationChunk",
    "LLMResult",
    "RunInfo",
    "merge_chat_generation_chunks",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ChatGeneration": ".chat_generation",
        "ChatGenerationChunk": ".chat_generation",
        "ChatResult": ".chat_result",
        "Generation": ".generation",
        "GenerationChunk": ".generation",
        "LLMResult": ".llm_result",
        "RunInfo": ".run_info",
        "merge_chat_generation_chunks": ".chat_generation",
    },
)
