"""Count the tokens that chat models used, by model."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ferrule.callbacks.ambient import AmbientHandlers
from ferrule.callbacks.handlers import BaseCallbackHandler

if TYPE_CHECKING:
    from collections.abc import Generator

    from ferrule.messages.ai import UsageMetadata
    from ferrule.outputs import LLMResult

__all__ = ["UsageMetadataCallbackHandler", "get_usage_metadata_callback"]


class UsageMetadataCallbackHandler(BaseCallbackHandler):
    """Add up the `usage_metadata` of the messages that chat models return.

    Thread-safe. Answers without usage, or without the model's name in their
    `response_metadata` (`model_name` or `model`), are not counted.

    Attributes:
        usage_metadata: The name of each model to its tokens so far.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> from ferrule.outputs import ChatGeneration, LLMResult
        >>> answer = AIMessage(
        ...     "4",
        ...     usage_metadata={"input_tokens": 5, "output_tokens": 1, "total_tokens": 6},
        ...     response_metadata={"model_name": "tiny"},
        ... )
        >>> handler = UsageMetadataCallbackHandler()
        >>> handler.on_llm_end(LLMResult(generations=[[ChatGeneration(message=answer)]]))
        >>> handler.usage_metadata
        {'tiny': {'input_tokens': 5, 'output_tokens': 1, 'total_tokens': 6}}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.usage_metadata: dict[str, UsageMetadata] = {}

    def __repr__(self) -> str:
        return str(self.usage_metadata)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        message = next(
            (
                getattr(first, "message", None)
                for prompt in response.generations
                for first in prompt
            ),
            None,
        )
        usage = getattr(message, "usage_metadata", None)
        source = getattr(message, "response_metadata", None) or {}
        if usage and (model := source.get("model_name") or source.get("model")):
            with self._lock:
                self.usage_metadata[model] = _sum(self.usage_metadata.get(model), usage)


def _sum(left: Any, right: Any) -> Any:
    """Add counts, in nested mappings key by key."""
    if isinstance(right, dict):
        right = {key: _sum((left or {}).get(key), count) for key, count in right.items()}
        return {**(left or {}), **right}
    return (left or 0) + (right or 0)


_collectors = AmbientHandlers("ferrule_usage", inheritable=True)


@contextmanager
def get_usage_metadata_callback(
    name: str = "usage_metadata_callback",  # noqa: ARG001  compatible signature
) -> Generator[UsageMetadataCallbackHandler, None, None]:
    """Count the tokens of all chat models that run inside a `with` block.

    Blocks may be nested: each counts what runs inside it. The count stays readable afterwards.

    Args:
        name: Accepted for compatibility; has no effect.

    Example:
        >>> with get_usage_metadata_callback() as usage:
        ...     pass  # run chains and models here
        >>> usage.usage_metadata
        {}
    """
    handler = UsageMetadataCallbackHandler()
    with _collectors.installed(handler):
        yield handler
