"""The documented import path of handlers, mixins and the `Callbacks` alias."""

from __future__ import annotations

from typing import TypeAlias

from ferrule.callbacks.async_handlers import AsyncCallbackHandler
from ferrule.callbacks.handlers import (
    BaseCallbackHandler,
    CallbackManagerMixin,
    ChainManagerMixin,
    LLMManagerMixin,
    RetrieverManagerMixin,
    RunManagerMixin,
    ToolManagerMixin,
)
from ferrule.callbacks.managers import BaseCallbackManager

__all__ = [
    "AsyncCallbackHandler",
    "BaseCallbackHandler",
    "BaseCallbackManager",
    "CallbackManagerMixin",
    "Callbacks",
    "ChainManagerMixin",
    "LLMManagerMixin",
    "RetrieverManagerMixin",
    "RunManagerMixin",
    "ToolManagerMixin",
]

Callbacks: TypeAlias = list[BaseCallbackHandler] | BaseCallbackManager | None
"""What `callbacks=` takes: handlers, a manager with its parent run, or nothing."""
