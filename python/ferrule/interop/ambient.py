"""Ambient handlers of ferrule in the runs of langchain-core.

What is registered with ferrule (`get_usage_metadata_callback`, `collect_runs`, tracers of programs)
is registered with langchain-core as well, once it has somewhere to register it. That a run of
ferrule's hears of it twice is not to be feared: a handler is told once. Tested with
langchain-core 1.7.2.
"""

from __future__ import annotations

from typing import Any

__all__ = ["is_shared", "share_hook", "share_hooks"]

_hooks: list[tuple[Any, ...]] = []
_theirs: list[Any] = []


def share_hook(*hook: Any) -> None:
    """Register a hook, as it was registered with ferrule, with langchain-core, now or later."""
    _hooks.append(hook)
    for module in _theirs:
        module.register_configure_hook(*hook)


def share_hooks(module: Any) -> None:
    """Register all hooks there are with langchain-core's module for them."""
    _theirs.append(module)
    for hook in _hooks:
        module.register_configure_hook(*hook)


def is_shared(variable: Any) -> bool:
    """Tell whether a registered context variable is one that ferrule looks at itself."""
    return any(hook[0] is variable for hook in _hooks)
