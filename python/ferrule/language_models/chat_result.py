"""From what a chat model's methods give to what handlers and callers get.

`ChunkLog` is for streams, `settle_result` for whole answers. Both fill in message ids and move
`generation_info` and the provider's output into `response_metadata`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._core import TokenLog, as_response, with_message_ids
from ferrule._lazy import later
from ferrule.messages import AIMessageChunk
from ferrule.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from ferrule.outputs.chat_generation import merge_chat_generation_chunks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ferrule.callbacks.run_managers import BaseRunManager

__all__ = [
    "ChunkLog",
    "agenerate_from_stream",
    "as_response",
    "failed_response",
    "generate_from_stream",
    "settle_result",
]

# For failures and streams. Conversion knows the classes of all messages.
_later = later(
    __name__,
    {
        "ferrule.language_models.error_response": "generations_from_error",
        "ferrule.messages": "message_chunk_to_message",
    },
)


class ChunkLog(TokenLog):
    """The chunks of one run, in order, and what they amount to."""

    def closing_chunk(self) -> ChatGenerationChunk | None:
        """Make the empty chunk that marks the end, unless the model marked its last chunk itself.

        Raises:
            ValueError: If the model made no chunk at all.
        """
        last: Any = self.last
        if last is None:
            msg = "The model's stream ended without a single chunk."
            raise ValueError(msg)
        if not isinstance(last, AIMessageChunk) or last.chunk_position:
            return None
        return ChatGenerationChunk._trusted(
            message=AIMessageChunk._trusted(
                content="" if isinstance(last.content, str) else [],
                chunk_position="last",
                id=last.id,
            )
        )

    def response(self, _handed_out: object = None) -> LLMResult:
        """Make what the run ends with: the sum of the chunks so far."""
        total = merge_chat_generation_chunks(self.chunks)
        return LLMResult._trusted(generations=[] if total is None else [[total]])

    def failed_response(
        self, error: BaseException, _handed_out: object = None
    ) -> dict[str, LLMResult]:
        """Make what the error event is told besides the error: the sum so far, the refusal."""
        told: list[Any] = [*self.response().generations, _later("generations_from_error")(error)]
        return {"response": LLMResult._trusted(generations=told)}

    def result(self) -> ChatResult:
        """Make the whole answer, as if it had not been streamed."""
        return generate_from_stream(iter(self.chunks))


def generate_from_stream(stream: Iterator[ChatGenerationChunk]) -> ChatResult:
    """Add up the chunks of a stream to a result with one whole message.

    Raises:
        ValueError: If there are no chunks.
    """
    total = merge_chat_generation_chunks(list(stream))
    if total is None:
        msg = "The stream has no chunks to make a result of."
        raise ValueError(msg)
    return ChatResult._trusted(
        generations=[
            ChatGeneration._trusted(
                message=_later("message_chunk_to_message")(total.message),
                generation_info=total.generation_info,
            )
        ]
    )


async def agenerate_from_stream(stream: AsyncIterator[ChatGenerationChunk]) -> ChatResult:
    """Do what `generate_from_stream` does, for an async stream."""
    return generate_from_stream(iter([chunk async for chunk in stream]))


def settle_result(result: ChatResult, run_manager: BaseRunManager) -> ChatResult:
    """Return the result with message ids and metadata filled in.

    Messages that lack something are copied: a model may answer with a message that belongs to its
    caller or is answered again.

    Raises:
        ValueError: If the model answered nothing at all.
    """
    settled = with_message_ids(result, run_manager)
    if settled is not None:
        return settled
    if not result.generations:
        msg = "The model's answer has no generation: its _generate must return at least one."
        raise ValueError(msg)
    provider_output = result.llm_output if len(result.generations) == 1 else None
    generations = [
        _settled(generation, f"run-{run_manager.run_id}-{index}", provider_output or {})
        for index, generation in enumerate(result.generations)
    ]
    return ChatResult._trusted(generations=generations, llm_output=result.llm_output)


def _settled(
    generation: ChatGeneration, message_id: str, provider_output: dict[str, Any]
) -> ChatGeneration:
    message = generation.message
    lacking: dict[str, Any] = {}
    if message.id is None:
        lacking["id"] = message_id
    if provider_output or generation.generation_info:
        lacking["response_metadata"] = {
            **provider_output,
            **(generation.generation_info or {}),
            **message.response_metadata,
        }
    if not lacking:
        return generation
    return generation.model_copy(update={"message": message.model_copy(update=lacking)})


def failed_response(error: BaseException) -> dict[str, LLMResult]:
    """What the error event of one conversation is told besides the error."""
    told = _later("generations_from_error")(error)
    return {"response": LLMResult._trusted(generations=[told])}
