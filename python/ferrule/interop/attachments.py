"""What takes part in every run because it is attached to langchain-core.

Packages attach themselves in four ways, none of which knows of ferrule:

- they wrap `BaseCallbackManager.__init__` (openinference, traceloop, mlflow, openlit),
- they replace `langchain_core.callbacks.manager._configure` (sentry),
- they register a context variable (`register_configure_hook`: langchain-community, braintrust,
  weave, langchain-core's own `collect_runs` and `get_usage_metadata_callback`),
- LangSmith: by environment variable, `tracing_context`, `@traceable`.

All four take effect in `CallbackManager.configure`. So that is what says who hears of a run, for
each run; but only if something is attached, since it takes some 16 us. `_core.watch_attachments`
is told where to look; as long as all is as it was seen here, nothing is attached.

Tested with langchain-core 1.7.2, langsmith 0.15.0, openinference-instrumentation-langchain 0.1.80,
opentelemetry-instrumentation-langchain 0.62.4, mlflow-skinny 3.17.2, sentry-sdk 2.75.0.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import FunctionType
from typing import Any, TypeAlias

from ferrule import _core
from ferrule.interop.ambient import is_shared

__all__ = ["configured"]

_MANAGER = "langchain_core.callbacks.manager"
_BASE = "langchain_core.callbacks.base"
_HOOKS = "langchain_core.tracers.context"
_GLOBALS = "langchain_core.globals"
_LANGSMITH = "langsmith._internal._context"

_MODULES = (_BASE, _MANAGER, _HOOKS, _LANGSMITH)

_Cell: TypeAlias = tuple[dict[Any, Any], Any, Any]
"""A place in a dict, and what was seen there; see `_core.watch_attachments`."""

_SWITCHES = tuple(
    f"{family}_{name}"
    for family in ("LANGSMITH", "LANGCHAIN")
    for name in ("TRACING_V2", "TRACING")
)
"""Environment variables by which LangSmith's tracing is turned on (langsmith.utils.get_env_var)."""


_CONTEXT = ("_PARENT_RUN_TREE_REF", "_PARENT_RUN_TREE", "_TRACING_ENABLED", "_TAGS", "_METADATA")
"""LangSmith's context variables that say something of a run; the second is langsmith 0.4's."""


def configured(manager: Any, configurable: dict[str, Any] | None) -> Any:
    """Return what langchain-core makes of a run's manager; `None`: it has no say.

    Args:
        manager: Handlers, tags, metadata and parent as ferrule has them.
        configurable: The configurable values of the run.
    """
    if not _look() and _MANAGER not in sys.modules:
        return None
    return import_module(_MANAGER).CallbackManager.configure(
        manager, langsmith_inheritable_metadata=_told_to_langsmith(configurable)
    )


def _told_to_langsmith(configurable: dict[str, Any] | None) -> Any:
    config = sys.modules.get("langchain_core.runnables.config")
    tell = getattr(config, "_get_langsmith_inheritable_metadata_from_config", None)
    return None if tell is None or not configurable else tell({"configurable": configurable})


def _look() -> bool:
    """Tell whether something is attached, and say where to look from now on.

    Of what is not loaded, all that matters is whether it still is not.
    """
    modules = sys.modules
    cells: list[_Cell] = [(modules, name, modules.get(name)) for name in _MODULES]
    variables: list[Any] = []
    lists: list[Any] = []
    classes: list[Any] = []
    attached = _is_switched_on(cells)
    if (base := modules.get(_BASE)) is not None:
        classes.append(base.BaseCallbackManager)
        attached |= not _is_original(vars(base.BaseCallbackManager)["__init__"], base)
    if (manager := modules.get(_MANAGER)) is not None:
        attached |= not _is_original(manager._configure, manager)
        cells.append((vars(manager), "_configure", manager._configure))
        debug = vars(modules[_GLOBALS])
        attached |= bool(debug.get("_debug"))
        cells.append((debug, "_debug", debug.get("_debug")))
    if (hooks := modules.get(_HOOKS)) is not None:
        lists.append(hooks._configure_hooks)
        variables.append(hooks.tracing_v2_callback_var)
        for variable, _, _, switch in hooks._configure_hooks:
            if is_shared(variable):
                continue
            variables.append(variable)
            if switch is not None:
                cells.append(_environment(switch))
                attached |= bool(os.environ.get(switch))
    if (context := modules.get(_LANGSMITH)) is not None:
        variables += [vars(context)[name] for name in _CONTEXT if name in vars(context)]
        enabled = context._GLOBAL_TRACING_ENABLED
        attached |= bool(enabled)
        cells.append((vars(context), "_GLOBAL_TRACING_ENABLED", enabled))
    if attached:
        _core.watch_attachments()
        return True
    _core.watch_attachments(variables, cells, lists, classes)
    return any(variable.get(None) is not None for variable in variables)


def _is_switched_on(cells: list[_Cell]) -> bool:
    cells += map(_environment, _SWITCHES)
    return any(os.environ.get(switch) == "true" for switch in _SWITCHES)


def _environment(name: str) -> _Cell:
    """Return where an environment variable is kept, and its value there.

    Reading `os.environ` itself encodes and decodes each time.
    """
    kept = vars(os.environ)["_data"]
    key = os.environ.encodekey(name)
    return kept, key, kept.get(key)


def _is_original(function: Any, module: Any) -> bool:
    """Tell whether a function is the one that its module defines, and no wrapper of it.

    Wrappers come as objects that pass for functions (wrapt 2.0) and as functions that keep what
    they wrap (mlflow), so the type has to be exact.
    """
    return (
        type(function) is FunctionType
        and not hasattr(function, "__wrapped__")
        and function.__code__.co_filename == module.__file__
    )
