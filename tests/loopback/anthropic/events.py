"""An answer as the Messages API sends it: one JSON message, or a sequence of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.loopback.server import CHARACTERS_PER_TOKEN, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .answers import Answer, Block


def message(answer: Answer, request: dict[str, Any], message_id: str) -> dict[str, Any]:
    """The whole assistant message."""
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": list(answer.content),
        "stop_reason": answer.reason,
        "stop_sequence": answer.stop_sequence,
        "usage": usage(answer, request),
    }


def usage(answer: Answer, request: dict[str, Any]) -> dict[str, Any]:
    """Token counts: a fixed function of the request and the answer, unless scripted."""
    said = {key: request.get(key) for key in ("system", "messages", "tools")}
    return {
        "input_tokens": len(json.dumps(said)) // CHARACTERS_PER_TOKEN,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": len(json.dumps(answer.content)) // CHARACTERS_PER_TOKEN,
        **answer.usage,
    }


def stream(answer: Answer, request: dict[str, Any], message_id: str) -> Iterator[dict[str, Any]]:
    """The events of a streamed answer, in the order of the API."""
    whole = message(answer, request, message_id)
    begun = {**whole["usage"], "output_tokens": 1}
    opening = {**whole, "content": [], "stop_reason": None, "stop_sequence": None, "usage": begun}
    yield {"type": "message_start", "message": opening}
    for index, block in enumerate(answer.content):
        yield from _block(index, block, answer.pieces if index == 0 else ())
        if index == 0:
            yield {"type": "ping"}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": whole["stop_sequence"]}
    counts = {"output_tokens": whole["usage"]["output_tokens"]}
    if "output_tokens_details" in whole["usage"]:
        counts["output_tokens_details"] = whole["usage"]["output_tokens_details"]
    yield {"type": "message_delta", "delta": delta, "usage": counts}
    yield {"type": "message_stop"}


def encode(event: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _block(index: int, block: Block, pieces: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    empty, deltas = _cut(block, pieces)
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _cut(block: Block, pieces: tuple[str, ...]) -> tuple[Block, list[dict[str, Any]]]:
    """The empty block that opens, and the deltas that fill it."""
    kind = block["type"]
    if kind == "text":
        deltas = [{"type": "text_delta", "text": p} for p in pieces or words(block["text"])]
        deltas += [{"type": "citations_delta", "citation": c} for c in block.get("citations") or ()]
        opened = {**block, "text": ""}
        if "citations" in block:
            opened["citations"] = []
        return opened, deltas
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": p} for p in words(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, "thinking": "", "signature": ""}, deltas
    if kind in {"tool_use", "server_tool_use"}:
        given = block["input"]
        encoded = given if isinstance(given, str) else json.dumps(given)
        cut = [encoded[at : at + 7] for at in range(0, len(encoded), 7)]
        return {**block, "input": {}}, [
            {"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut]
        ]
    return block, []
