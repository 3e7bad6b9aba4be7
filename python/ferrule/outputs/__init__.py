"""What models return: answers, pieces of answers, and results of whole calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.outputs.chat_generation import (
        ChatGeneration as ChatGeneration,
        ChatGenerationChunk as ChatGenerationChunk,
        merge_chat_generation_chunks as merge_chat_generation_chunks,
    )
    from ferrule.outputs.chat_result import ChatResult as ChatResult
    from ferrule.outputs.generation import (
        Generation as Generation,
        GenerationChunk as GenerationChunk,
    )
    from ferrule.outputs.llm_result import LLMResult as LLMResult
    from ferrule.outputs.run_info import RunInfo as RunInfo
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".chat_generation": "ChatGeneration ChatGenerationChunk merge_chat_generation_chunks",
            ".chat_result": "ChatResult",
            ".generation": "Generation GenerationChunk",
            ".llm_result": "LLMResult",
            ".run_info": "RunInfo",
        },
    )
