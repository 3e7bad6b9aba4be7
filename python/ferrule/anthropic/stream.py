"""Events of a stream as message chunks. Both colours of `ChatAnthropic` feed the same reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ferrule.anthropic.response import to_usage_metadata
from ferrule.hosted import IncompleteStreamError, to_plain
from ferrule.messages import AIMessageChunk, subtract_usage
from ferrule.outputs import ChatGenerationChunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.anthropic.blocks import Block
    from ferrule.messages import UsageMetadata

__all__ = ["MessageReader"]

_END = "its message_stop event"


class MessageReader:
    """Turns each event into a chunk, or into nothing.

    The chunks add up to the message that the same answer has when it isn't streamed. Its text is
    a string as long as it is alone; blocks carry their position as `index`. Calls of tools come
    as `tool_call_chunks`; the finished input is added to the block when the block ends. Token
    counts come in two parts: input with the first chunk, output with the last.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, _OpenBlock] = {}
        self._usage: dict[str, Any] = {}
        self._told: UsageMetadata | None = None
        self._complete = False
        self._reactions: dict[str, Callable[[Any], AIMessageChunk | None]] = {
            "message_start": self._start,
            "content_block_start": self._open_block,
            "content_block_delta": self._fill_block,
            "content_block_stop": self._close_block,
            "message_delta": self._end,
            "message_stop": self._stop,
        }

    def read(self, event: Any) -> ChatGenerationChunk | None:
        """Return the chunk of an event; None for one that adds nothing."""
        react = self._reactions.get(event.type)
        message = react(event) if react is not None else None
        return None if message is None else ChatGenerationChunk(message=message)

    def finish(self) -> None:
        """Check that the answer is whole.

        Raises:
            IncompleteStreamError: If the event that ends a message has not been read.
        """
        if not self._complete:
            raise IncompleteStreamError(_END)

    def _start(self, event: Any) -> AIMessageChunk:
        opening = to_plain(event.message)
        self._usage = opening["usage"]
        metadata = {name: opening[name] for name in ("id", "model")}
        # The counts of output are cumulative: the last event has them all.
        given = {name: n for name, n in self._usage.items() if not name.startswith("output_")}
        self._told = to_usage_metadata(given)
        return AIMessageChunk(content="", response_metadata=metadata, usage_metadata=self._told)

    def _open_block(self, event: Any) -> AIMessageChunk | None:
        block = to_plain(event.content_block)
        # The first text stays a string unless the service announces citations for it.
        bare = event.index == 0 and block.keys() == {"type", "text"}
        self._blocks[event.index] = _OpenBlock(block, bare=bare)
        if bare:
            return AIMessageChunk(content=block["text"]) if block["text"] else None
        calls = []
        if block["type"] == "tool_use":
            calls = [_call_chunk("", event.index, block["name"], block["id"])]
        return AIMessageChunk(content=[{**block, "index": event.index}], tool_call_chunks=calls)

    def _fill_block(self, event: Any) -> AIMessageChunk | None:
        block, delta = self._blocks[event.index], to_plain(event.delta)
        kind = delta.pop("type")
        if kind == "input_json_delta":
            piece = delta["partial_json"]
            block.json.append(piece)
            if not piece or block.type != "tool_use":
                return None
            return AIMessageChunk(
                content="", tool_call_chunks=[_call_chunk(piece, event.index, None, None)]
            )
        if kind == "citations_delta":
            delta = {"citations": [delta["citation"]]}
        if block.bare and kind == "text_delta":
            return AIMessageChunk(content=delta["text"])
        return AIMessageChunk(content=[{"type": block.type, **delta, "index": event.index}])

    def _close_block(self, event: Any) -> AIMessageChunk | None:
        block = self._blocks.pop(event.index)
        try:
            given = json.loads("".join(block.json) or "{}")
        except ValueError:
            # Cut by max_tokens: the message reports it as an invalid tool call.
            return None
        if not given:
            return None
        return AIMessageChunk(content=[{"type": block.type, "input": given, "index": event.index}])

    def _end(self, event: Any) -> AIMessageChunk:
        delta = to_plain(event.delta)
        self._usage = {**self._usage, **to_plain(event.usage)}
        delta.setdefault("stop_reason", None)
        delta.setdefault("stop_sequence", None)
        metadata = {name: delta[name] for name in ("stop_reason", "stop_sequence")}
        metadata["usage"] = self._usage
        metadata.update(delta)
        return AIMessageChunk(
            content="",
            response_metadata=metadata,
            usage_metadata=subtract_usage(to_usage_metadata(self._usage), self._told),
            chunk_position="last",
        )

    def _stop(self, _event: Any) -> None:
        self._complete = True


class _OpenBlock:
    """A block whose deltas are arriving."""

    __slots__ = ("bare", "json", "type")

    def __init__(self, block: Block, *, bare: bool) -> None:
        self.type: str = block["type"]
        self.bare = bare
        self.json: list[str] = []


def _call_chunk(args: str, index: int, name: str | None, id_: str | None) -> Any:
    return {"type": "tool_call_chunk", "name": name, "args": args, "id": id_, "index": index}
