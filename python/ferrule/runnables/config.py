"""`RunnableConfig` and what works on it.

Merging is done by the core, once for all runnables; this module gives it names and types.
"""

from __future__ import annotations

import uuid  # noqa: TC003  `get_type_hints` reads the annotations of RunnableConfig
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from ferrule._core import ensure_config, get_config_list, merge_configs, patch_config
from ferrule._lazy import attach
from ferrule.callbacks import AsyncCallbackManager, CallbackManager
from ferrule.interop.annotations import equate
from ferrule.runnables.context import run_in_executor, set_config_context
from ferrule.runnables.signature import accepts_config, accepts_run_manager

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
        Callbacks,
    )
    from ferrule.runnables.executor import (
        ContextThreadPoolExecutor,
        get_executor_for_config,
    )
else:
    # `get_type_hints` reads the annotations below at run time.
    Callbacks = Any

    _, __getattr__, __dir__ = attach(
        __name__,
        {"ferrule.runnables.executor": "ContextThreadPoolExecutor get_executor_for_config"},
    )

__all__ = [
    "CONFIG_KEYS",
    "COPIABLE_KEYS",
    "DEFAULT_RECURSION_LIMIT",
    "ContextThreadPoolExecutor",
    "RunnableConfig",
    "acall_func_with_variable_args",
    "call_func_with_variable_args",
    "ensure_config",
    "get_async_callback_manager_for_config",
    "get_callback_manager_for_config",
    "get_config_list",
    "get_executor_for_config",
    "merge_configs",
    "patch_config",
    "run_in_executor",
    "set_config_context",
]


class RunnableConfig(TypedDict, total=False):
    """Settings of one call; every key is optional.

    What a call does not set it inherits from the run around it. A key that is none of these is
    taken for one of `configurable`, so a misspelt one has no effect.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> RunnableLambda(lambda x, config: config["tags"]).invoke(1, {"tags": ["demo"]})
        ['demo']
    """

    tags: list[str]
    """Labels of the run and of the runs inside it."""

    metadata: dict[str, Any]
    """Facts about the run and the runs inside it; values that JSON can hold."""

    callbacks: Callbacks
    """Handlers (a list) or a callback manager, told of the run and of the runs inside it."""

    run_name: str
    """Name of this run, not inherited."""

    max_concurrency: int | None
    """How many calls a batch or a parallel may have at work at once.

    Unless set: any number as tasks; in threads, the processors and 4 more, but at most 32.
    """

    recursion_limit: int
    """How deep functions may return runnables that return runnables; 25 unless set."""

    configurable: dict[str, Any]
    """Values of configurable fields and alternatives, by id."""

    run_id: uuid.UUID | None
    """Id of this run, not inherited; made up unless given."""


equate(RunnableConfig)

CONFIG_KEYS = [
    "tags",
    "metadata",
    "callbacks",
    "run_name",
    "max_concurrency",
    "recursion_limit",
    "configurable",
    "run_id",
]
COPIABLE_KEYS = ["tags", "metadata", "callbacks", "configurable"]
DEFAULT_RECURSION_LIMIT = 25


def get_callback_manager_for_config(config: RunnableConfig) -> CallbackManager:
    """Make the manager that opens runs for the callbacks, tags and metadata of a config."""
    return CallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )


def get_async_callback_manager_for_config(config: RunnableConfig) -> AsyncCallbackManager:
    """Make the async manager that opens runs for the callbacks, tags and metadata of a config."""
    return AsyncCallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )


def call_func_with_variable_args(
    func: Callable[..., Any],
    input: Any,
    config: RunnableConfig,
    run_manager: CallbackManagerForChainRun | None = None,
    **kwargs: Any,
) -> Any:
    """Call a function with the input, and with `config` and `run_manager` if it names them.

    With a run manager, the config that the function gets makes its calls children of that run.
    """
    return func(input, **_wanted(func, config, run_manager), **kwargs)


def acall_func_with_variable_args(
    func: Callable[..., Awaitable[Any]],
    input: Any,
    config: RunnableConfig,
    run_manager: AsyncCallbackManagerForChainRun | None = None,
    **kwargs: Any,
) -> Awaitable[Any]:
    """Call a coroutine function as `call_func_with_variable_args` does; await what it returns."""
    return func(input, **_wanted(func, config, run_manager), **kwargs)


def _wanted(
    func: Callable[..., Any],
    config: RunnableConfig,
    run_manager: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun | None,
) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if accepts_config(func):
        wanted["config"] = (
            config
            if run_manager is None
            else patch_config(config, callbacks=run_manager.get_child())
        )
    if run_manager is not None and accepts_run_manager(func):
        wanted["run_manager"] = run_manager
    return wanted
