"""Classes that the base class builds, fetched when a method first needs them.

`Runnable` has methods that make its own subclasses (`|`, `bind`, `map`, `get_graph`, …). This
is the one place where the import circle that follows from it is closed, late and by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ferrule.runnables import inference as _inference, lanes as _lanes, source as _source
    from ferrule.runnables.binding import RunnableBinding
    from ferrule.runnables.blocking_stream import iterate_in_thread as _iterate_in_thread
    from ferrule.runnables.configurable import (
        RunnableConfigurableAlternatives,
        RunnableConfigurableFields,
    )
    from ferrule.runnables.context import run_in_executor as _run_in_executor
    from ferrule.runnables.each import RunnableEach
    from ferrule.runnables.fallbacks import RunnableWithFallbacks
    from ferrule.runnables.generator import RunnableGenerator
    from ferrule.runnables.graph import compose as _compose
    from ferrule.runnables.lambda_ import RunnableLambda
    from ferrule.runnables.parallel import RunnableParallel
    from ferrule.runnables.passthrough import RunnableAssign, RunnablePick
    from ferrule.runnables.retry import RunnableRetry
    from ferrule.runnables.schema import StreamEvent
    from ferrule.runnables.sequence import RunnableSequence, join as _join

    sequence: Callable[..., RunnableSequence[Any, Any]]
    join = _join
    parallel: Callable[..., RunnableParallel[Any]]
    lambda_: Callable[..., RunnableLambda[Any, Any]]
    generator: Callable[..., RunnableGenerator[Any, Any]]
    binding: Callable[..., RunnableBinding[Any, Any]]
    assign: Callable[..., RunnableAssign]
    pick: Callable[..., RunnablePick]
    each: Callable[..., RunnableEach[Any, Any]]
    retry: Callable[..., RunnableRetry[Any, Any]]
    fallbacks: Callable[..., RunnableWithFallbacks[Any, Any]]
    configurable_fields: Callable[..., RunnableConfigurableFields[Any, Any]]
    configurable_alternatives: Callable[..., RunnableConfigurableAlternatives[Any, Any]]
    root_listeners: Any
    async_root_listeners: Any
    runnable_to_tool: Any
    prompt_template: Any
    iterate_in_thread = _iterate_in_thread
    run_in_executor = _run_in_executor
    stream_events: Callable[..., AsyncIterator[StreamEvent]]
    stream_log: Callable[..., AsyncIterator[Any]]
    sources = _source
    schemas = _inference
    lanes = _lanes
    graphs = _compose

# Attribute of this module -> (module, name in it; None: the module itself).
_SOURCES = {
    "sequence": ("ferrule.runnables.sequence", "RunnableSequence"),
    "join": ("ferrule.runnables.sequence", "join"),
    "parallel": ("ferrule.runnables.parallel", "RunnableParallel"),
    "lambda_": ("ferrule.runnables.lambda_", "RunnableLambda"),
    "generator": ("ferrule.runnables.generator", "RunnableGenerator"),
    "binding": ("ferrule.runnables.binding", "RunnableBinding"),
    "assign": ("ferrule.runnables.passthrough", "RunnableAssign"),
    "pick": ("ferrule.runnables.passthrough", "RunnablePick"),
    "each": ("ferrule.runnables.each", "RunnableEach"),
    "retry": ("ferrule.runnables.retry", "RunnableRetry"),
    "fallbacks": ("ferrule.runnables.fallbacks", "RunnableWithFallbacks"),
    "configurable_fields": ("ferrule.runnables.configurable", "RunnableConfigurableFields"),
    "configurable_alternatives": (
        "ferrule.runnables.configurable",
        "RunnableConfigurableAlternatives",
    ),
    "root_listeners": ("ferrule.tracers.root_listeners", "RootListenersTracer"),
    "async_root_listeners": ("ferrule.tracers.root_listeners", "AsyncRootListenersTracer"),
    "prompt_template": ("ferrule.prompts", "BasePromptTemplate"),
    "runnable_to_tool": ("ferrule.tools", "convert_runnable_to_tool"),
    "sources": ("ferrule.runnables.source", None),
    "schemas": ("ferrule.runnables.inference", None),
    "lanes": ("ferrule.runnables.lanes", None),
    "graphs": ("ferrule.runnables.graph.compose", None),
    "iterate_in_thread": ("ferrule.runnables.blocking_stream", "iterate_in_thread"),
    "run_in_executor": ("ferrule.runnables.context", "run_in_executor"),
    "stream_events": ("ferrule.tracers.event_stream", "astream_events"),
    "stream_log": ("ferrule.tracers.log_stream", "astream_log"),
}


def __getattr__(name: str) -> Any:
    source = _SOURCES.get(name)
    if source is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    module = import_module(source[0])
    value = module if source[1] is None else getattr(module, source[1])
    globals()[name] = value
    return value
