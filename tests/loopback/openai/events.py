"""An answer as Chat Completions sends it: one JSON object, or a sequence of chunks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.loopback.server import CHARACTERS_PER_TOKEN, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .answers import Answer

DONE = b"data: [DONE]\n\n"


def completion(answer: Answer, request: dict[str, Any], completion_id: str) -> dict[str, Any]:
    """The whole completion; with `n` in the request, the same choice several times."""
    message = {
        "role": "assistant",
        "content": answer.content,
        "refusal": None,
        "annotations": [],
        **answer.message,
    }
    if answer.tool_calls:
        message["tool_calls"] = list(answer.tool_calls)
    choice = {
        "message": message,
        "logprobs": logprobs(answer.content) if request.get("logprobs") else None,
        "finish_reason": answer.reason,
    }
    return {
        **envelope(answer, request, completion_id, "chat.completion"),
        "choices": [{"index": index, **choice} for index in range(request.get("n") or 1)],
        "usage": usage(answer, request),
    }


def envelope(
    answer: Answer, request: dict[str, Any], completion_id: str, kind: str
) -> dict[str, Any]:
    """What a completion and each of its chunks say about themselves."""
    return {
        "id": completion_id,
        "object": kind,
        "created": 1_700_000_000,
        "model": request["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_test",
        **answer.fields,
    }


def usage(answer: Answer, request: dict[str, Any]) -> dict[str, Any]:
    """Token counts: a fixed function of the request and the answer, unless scripted."""
    asked = {key: request.get(key) for key in ("messages", "tools")}
    said = [answer.content, *answer.tool_calls]
    given = len(json.dumps(asked)) // CHARACTERS_PER_TOKEN
    made = len(json.dumps(said)) // CHARACTERS_PER_TOKEN
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        **answer.usage,
    }


def logprobs(text: str | None) -> dict[str, Any]:
    """Log probabilities of the tokens of a text, one token per word."""
    return {
        "content": [
            {"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []}
            for word in words(text or "")
        ],
        "refusal": None,
    }


def stream(answer: Answer, request: dict[str, Any], completion_id: str) -> Iterator[bytes]:
    """The events of a streamed answer, in the order of the API."""
    counted = (request.get("stream_options") or {}).get("include_usage")
    head = envelope(answer, request, completion_id, "chat.completion.chunk")
    if counted:
        head["usage"] = None

    def event(delta: dict[str, Any], **fields: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None, **fields}
        return encode({**head, "choices": [choice]})

    opening = {"role": "assistant", "content": "" if answer.content else None, "refusal": None}
    yield event(opening)
    for piece in answer.pieces or words(answer.content or ""):
        told = {"logprobs": logprobs(piece)} if request.get("logprobs") else {}
        yield event({"content": piece}, **told)
    for name, value in answer.message.items():
        for part in words(value) if isinstance(value, str) else [value]:
            yield event({name: part})
    for index, call in enumerate(answer.tool_calls):
        function = {**call["function"], "arguments": ""}
        yield event({"tool_calls": [{"index": index, **call, "function": function}]})
        text = call["function"]["arguments"]
        for at in range(0, len(text), 7):
            piece = {"index": index, "function": {"arguments": text[at : at + 7]}}
            yield event({"tool_calls": [piece]})
    yield event({}, finish_reason=answer.reason)
    if counted:
        yield encode({**head, "choices": [], "usage": usage(answer, request)})
    yield DONE


def encode(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(body)}\n\n".encode()
