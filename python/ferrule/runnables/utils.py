"""Names under which langchain-core's `runnables.utils` is imported; each has its own module."""

from __future__ import annotations

from contextlib import aclosing

from ferrule.runnables._typing import Input, Output
from ferrule.runnables.addable import Addable, AddableDict, SupportsAdd, aadd, add
from ferrule.runnables.concurrency import gated_coro, gather_with_concurrency
from ferrule.runnables.configurable_specs import (
    AnyConfigurableField,
    ConfigurableField,
    ConfigurableFieldMultiOption,
    ConfigurableFieldSingleOption,
    ConfigurableFieldSpec,
    get_unique_config_specs,
)
from ferrule.runnables.layout import indent_lines_after_first
from ferrule.runnables.signature import (
    accepts_config,
    accepts_context,
    accepts_run_manager,
    is_async_callable,
    is_async_generator,
)
from ferrule.runnables.source import (
    function_text as get_lambda_source,
    keys_read as get_function_first_arg_dict_keys,
    objects_used as get_function_nonlocals,
)

__all__ = [
    "Addable",
    "AddableDict",
    "AnyConfigurableField",
    "ConfigurableField",
    "ConfigurableFieldMultiOption",
    "ConfigurableFieldSingleOption",
    "ConfigurableFieldSpec",
    "Input",
    "Output",
    "SupportsAdd",
    "aadd",
    "accepts_config",
    "accepts_context",
    "accepts_run_manager",
    "aclosing",
    "add",
    "gated_coro",
    "gather_with_concurrency",
    "get_function_first_arg_dict_keys",
    "get_function_nonlocals",
    "get_lambda_source",
    "get_unique_config_specs",
    "indent_lines_after_first",
    "is_async_callable",
    "is_async_generator",
]
