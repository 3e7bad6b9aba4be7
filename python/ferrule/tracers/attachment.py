"""One more handler for one call, beside those that its config has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule import _core

if TYPE_CHECKING:
    from ferrule.callbacks.handlers import BaseCallbackHandler
    from ferrule.runnables.config import RunnableConfig

__all__ = ["with_handler"]


def with_handler(config: RunnableConfig | None, handler: BaseCallbackHandler) -> dict[str, Any]:
    """Complete a config, and add a handler that child runs inherit.

    The caller's config, list or manager stays as it is.
    """
    complete = _core.ensure_config(config)
    callbacks = complete.get("callbacks")
    if callbacks is None or isinstance(callbacks, list):
        return {**complete, "callbacks": [*(callbacks or ()), handler]}
    manager = callbacks.copy()
    manager.add_handler(handler, inherit=True)
    return {**complete, "callbacks": manager}
