"""Chunks of a stream as message chunks. Both colours of `ChatOpenAI` feed the same reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.hosted import IncompleteStreamError, to_plain
from ferrule.messages import AIMessageChunk
from ferrule.messages.tool_calls import tool_call_chunk
from ferrule.openai.response import about_answer, beside_text, to_usage_metadata
from ferrule.outputs import ChatGenerationChunk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.messages import ToolCallChunk

__all__ = ["CompletionReader"]

_END = "a finish_reason"


class CompletionReader:
    """Turns each chunk of the service into one of ours, or into nothing.

    They add up to the message that the same answer has when it isn't streamed. Each fact about
    the answer is told once, by the first chunk that knows it; token counts, of which some services
    send a running total with every chunk, come at the end.
    """

    def __init__(self) -> None:
        self._told: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._complete = False

    def read(self, event: Any) -> ChatGenerationChunk | None:
        """Return the chunk of an event; None for one that adds nothing."""
        part = to_plain(event)
        self._usage = part.get("usage") or self._usage
        news = {k: v for k, v in about_answer(part).items() if k not in self._told}
        self._told.update(news)
        # A stream has one choice; the chunk that counts tokens has none.
        choice: dict[str, Any] = next(iter(part.get("choices", ())), {})
        info = {name: choice[name] for name in ("finish_reason", "logprobs") if choice.get(name)}
        self._complete |= "finish_reason" in info
        delta = choice.get("delta", {})
        calls = [_call(piece, at) for at, piece in enumerate(delta.get("tool_calls", ()))]
        message = AIMessageChunk(
            content=delta.get("content", ""),
            additional_kwargs=beside_text(delta),
            tool_call_chunks=calls,
            response_metadata=news,
        )
        if not (message.content or message.additional_kwargs or calls or news or info):
            return None
        return ChatGenerationChunk(message=message, generation_info=info or None)

    def finish(self) -> ChatGenerationChunk:
        """Return the last chunk, which counts the tokens if the service did.

        Raises:
            IncompleteStreamError: If nothing has said why the answer ended.
        """
        if not self._complete:
            raise IncompleteStreamError(_END)
        message = AIMessageChunk(content="", chunk_position="last")
        if self._usage:
            message.usage_metadata = to_usage_metadata(self._usage)
            message.response_metadata = {"token_usage": self._usage}
        return ChatGenerationChunk(message=message)


def _call(piece: Mapping[str, Any], position: int) -> ToolCallChunk:
    function = piece.get("function", {})
    return tool_call_chunk(
        name=function.get("name"),
        args=function.get("arguments"),
        id=piece.get("id"),
        # Services that send calls whole may leave their position out.
        index=piece.get("index", position),
    )
