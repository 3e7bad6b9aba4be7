"""A whole answer of Chat Completions as a `ChatResult`, and what streams share with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ferrule.hosted import to_plain
from ferrule.messages import AIMessage
from ferrule.messages.tool_calls import default_tool_parser
from ferrule.outputs import ChatGeneration, ChatResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai.types.chat import ChatCompletion

    from ferrule.messages import UsageMetadata

__all__ = ["about_answer", "add_counts", "beside_text", "to_chat_result", "to_usage_metadata"]

# What the service says about an answer -> how `response_metadata` calls it.
_ABOUT = {
    "id": "id",
    "model": "model_name",
    "system_fingerprint": "system_fingerprint",
    "service_tier": "service_tier",
}
# What messages and their deltas may hold beside text and calls. `reasoning_content` is not
# OpenAI's: compatible services of other providers tell their model's thoughts there.
_BESIDE = ("refusal", "audio", "annotations", "reasoning_content")
_INPUT_DETAILS = {
    "audio_tokens": "audio",
    "cache_write_tokens": "cache_creation",
    "cached_tokens": "cache_read",
}
_OUTPUT_DETAILS = {"audio_tokens": "audio", "reasoning_tokens": "reasoning"}

_SHOWN_CHARACTERS = 500


def to_chat_result(reply: ChatCompletion | str) -> ChatResult:
    """Convert an answer, to one generation per choice.

    `llm_output` holds what the service says about the whole: token counts, id, model, fingerprint
    and service tier. The `response_metadata` of each message adds its finish reason and, if asked
    for, log probabilities. Tokens count once: with the first choice.

    Raises:
        ValueError: If there is no choice in it, as some services answer instead of failing.
    """
    answer = {} if isinstance(reply, str) else to_plain(reply)
    if not answer.get("choices"):
        shown = repr(answer or reply)[:_SHOWN_CHARACTERS]
        msg = f"The service sent something else than an answer with choices: {shown}"
        raise ValueError(msg)
    output = about_answer(answer)
    counts = answer.get("usage")
    if counts:
        output["token_usage"] = counts
    generations: list[ChatGeneration] = []
    for choice in answer["choices"]:
        told = {name: choice[name] for name in ("finish_reason", "logprobs") if name in choice}
        said = choice["message"]
        calls, broken = default_tool_parser(said.get("tool_calls", ()))
        message = AIMessage(
            content=said.get("content") or "",
            additional_kwargs=beside_text(said),
            tool_calls=calls,
            invalid_tool_calls=broken,
            usage_metadata=to_usage_metadata(counts) if counts and not generations else None,
            response_metadata={**output, **told},
        )
        generations.append(ChatGeneration(message=message, generation_info=told))
    return ChatResult(generations=generations, llm_output=output)


def about_answer(part: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a completion or a chunk says about the answer as a whole."""
    told = {ours: part[theirs] for theirs, ours in _ABOUT.items() if part.get(theirs)}
    return {"model_provider": "openai", **told}


def beside_text(said: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a message or delta holds beside text and calls, for `additional_kwargs`."""
    return {name: said[name] for name in _BESIDE if said.get(name)}


def to_usage_metadata(usage: Mapping[str, Any]) -> UsageMetadata:
    """Convert token counts; details are parts of the counts above them."""
    given = usage.get("prompt_tokens", 0)
    made = usage.get("completion_tokens", 0)
    counts: UsageMetadata = {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": usage.get("total_tokens", given + made),
    }
    if details := _renamed(usage.get("prompt_tokens_details"), _INPUT_DETAILS):
        counts["input_token_details"] = details
    if details := _renamed(usage.get("completion_tokens_details"), _OUTPUT_DETAILS):
        counts["output_token_details"] = details
    return counts


def add_counts(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up token counts as the service reports them, details included."""
    total: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in counts for name in one):
        values = [one[name] for one in counts if name in one]
        total[name] = add_counts(values) if isinstance(values[0], Mapping) else sum(values)
    return total


def _renamed(given: Mapping[str, int] | None, names: Mapping[str, str]) -> Any:
    return {ours: given[theirs] for theirs, ours in names.items() if given and theirs in given}
