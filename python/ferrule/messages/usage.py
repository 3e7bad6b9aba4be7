"""Token counts of a model call, and sums of them."""

# Annotations are not postponed here: the typed dicts read from them which keys may be left out.

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

from typing_extensions import NotRequired, TypedDict

__all__ = [
    "InputTokenDetails",
    "OutputTokenDetails",
    "UsageMetadata",
    "add_usage",
    "subtract_usage",
]


class InputTokenDetails(TypedDict, total=False):
    """Where input tokens come from; need not add up to all of them, and may hold other keys."""

    audio: int
    cache_creation: int
    """Tokens that were not in the cache and have been put there."""
    cache_read: int
    """Tokens that were read from the cache."""


class OutputTokenDetails(TypedDict, total=False):
    """What output tokens are spent on; need not add up to all of them, and may hold other keys."""

    audio: int
    reasoning: int
    """Tokens of the model's reasoning that the answer does not show."""


class UsageMetadata(TypedDict):
    """Token counts of one or several model calls, in a form that all providers share."""

    input_tokens: int
    """All tokens of the prompt."""
    output_tokens: int
    """All tokens of the answer."""
    total_tokens: int
    """Both together."""
    input_token_details: NotRequired[InputTokenDetails]
    output_token_details: NotRequired[OutputTokenDetails]


def add_usage(left: UsageMetadata | None, right: UsageMetadata | None) -> UsageMetadata:
    """Sum token counts, details included; `None` counts as nothing.

    Raises:
        TypeError: If a count is neither a number nor a dictionary of counts.

    Example:
        >>> one = UsageMetadata(input_tokens=5, output_tokens=1, total_tokens=6)
        >>> add_usage(one, one)
        {'input_tokens': 10, 'output_tokens': 2, 'total_tokens': 12}
    """
    return _combine(left, right, operator.add)


def subtract_usage(left: UsageMetadata | None, right: UsageMetadata | None) -> UsageMetadata:
    """Subtract token counts, details included; no count goes below zero."""
    return _combine(left, right, lambda a, b: max(a - b, 0))


def _combine(
    left: UsageMetadata | None, right: UsageMetadata | None, op: Callable[[int, int], int]
) -> UsageMetadata:
    if left and right:
        return cast("UsageMetadata", _combine_counts(left, right, op))
    return left or right or {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


def _combine_counts(
    left: Mapping[str, Any], right: Mapping[str, Any], op: Callable[[int, int], int]
) -> dict[str, Any]:
    combined: dict[str, Any] = {}
    for key in (*left, *(key for key in right if key not in left)):
        a, b = left.get(key), right.get(key)
        if _is_count(a) and _is_count(b):
            combined[key] = op(a or 0, b or 0)
        elif isinstance(a or {}, dict) and isinstance(b or {}, dict):
            combined[key] = _combine_counts(a or {}, b or {}, op)
        else:
            msg = f"Cannot combine the token counts {key!r}: {a!r} and {b!r}."
            raise TypeError(msg)
    return combined


def _is_count(value: Any) -> bool:
    return value is None or isinstance(value, (int, float))
