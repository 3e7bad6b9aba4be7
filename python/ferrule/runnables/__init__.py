"""Composable units of work.

Names are loaded when they are first read: importing `RunnableLambda` loads neither pydantic nor
messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.runnables.addable import AddableDict as AddableDict
    from ferrule.runnables.addable import SupportsAdd as SupportsAdd
    from ferrule.runnables.addable import aadd as aadd
    from ferrule.runnables.addable import add as add
    from ferrule.runnables.base import Runnable as Runnable
    from ferrule.runnables.binding import RunnableBinding as RunnableBinding
    from ferrule.runnables.binding import RunnableBindingBase as RunnableBindingBase
    from ferrule.runnables.branch import RunnableBranch as RunnableBranch
    from ferrule.runnables.coerce import coerce_to_runnable as coerce_to_runnable
    from ferrule.runnables.config import RunnableConfig as RunnableConfig
    from ferrule.runnables.config import ensure_config as ensure_config
    from ferrule.runnables.config import get_config_list as get_config_list
    from ferrule.runnables.config import merge_configs as merge_configs
    from ferrule.runnables.config import patch_config as patch_config
    from ferrule.runnables.configurable import DynamicRunnable as DynamicRunnable
    from ferrule.runnables.configurable import (
        RunnableConfigurableAlternatives as RunnableConfigurableAlternatives,
    )
    from ferrule.runnables.configurable import (
        RunnableConfigurableFields as RunnableConfigurableFields,
    )
    from ferrule.runnables.configurable_specs import ConfigurableField as ConfigurableField
    from ferrule.runnables.configurable_specs import (
        ConfigurableFieldMultiOption as ConfigurableFieldMultiOption,
    )
    from ferrule.runnables.configurable_specs import (
        ConfigurableFieldSingleOption as ConfigurableFieldSingleOption,
    )
    from ferrule.runnables.configurable_specs import (
        ConfigurableFieldSpec as ConfigurableFieldSpec,
    )
    from ferrule.runnables.context import run_in_executor as run_in_executor
    from ferrule.runnables.decorator import chain as chain
    from ferrule.runnables.each import RunnableEach as RunnableEach
    from ferrule.runnables.fallbacks import RunnableWithFallbacks as RunnableWithFallbacks
    from ferrule.runnables.generator import RunnableGenerator as RunnableGenerator
    from ferrule.runnables.history import (
        RunnableWithMessageHistory as RunnableWithMessageHistory,
    )
    from ferrule.runnables.lambda_ import RunnableLambda as RunnableLambda
    from ferrule.runnables.parallel import RunnableMap as RunnableMap
    from ferrule.runnables.parallel import RunnableParallel as RunnableParallel
    from ferrule.runnables.passthrough import RunnableAssign as RunnableAssign
    from ferrule.runnables.passthrough import RunnablePassthrough as RunnablePassthrough
    from ferrule.runnables.passthrough import RunnablePick as RunnablePick
    from ferrule.runnables.retry import RunnableRetry as RunnableRetry
    from ferrule.runnables.router import RouterInput as RouterInput
    from ferrule.runnables.router import RouterRunnable as RouterRunnable
    from ferrule.runnables.sequence import RunnableSequence as RunnableSequence
    from ferrule.runnables.serializable import RunnableSerializable as RunnableSerializable

__all__ = [
    "AddableDict",
    "ConfigurableField",
    "ConfigurableFieldMultiOption",
    "ConfigurableFieldSingleOption",
    "ConfigurableFieldSpec",
    "DynamicRunnable",
    "RouterInput",
    "RouterRunnable",
    "Runnable",
    "RunnableAssign",
    "RunnableBinding",
    "RunnableBindingBase",
    "RunnableBranch",
    "RunnableConfig",
    "RunnableConfigurableAlternatives",
    "RunnableConfigurableFields",
    "RunnableEach",
    "RunnableGenerator",
    "RunnableLambda",
    "RunnableMap",
    "RunnableParallel",
    "RunnablePassthrough",
    "RunnablePick",
    "RunnableRetry",
    "RunnableSequence",
    "RunnableSerializable",
    "RunnableWithFallbacks",
    "RunnableWithMessageHistory",
    "SupportsAdd",
    "aadd",
    "add",
    "chain",
    "coerce_to_runnable",
    "ensure_config",
    "get_config_list",
    "merge_configs",
    "patch_config",
    "run_in_executor",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "AddableDict": ".addable",
        "ConfigurableField": ".configurable_specs",
        "ConfigurableFieldMultiOption": ".configurable_specs",
        "ConfigurableFieldSingleOption": ".configurable_specs",
        "ConfigurableFieldSpec": ".configurable_specs",
        "DynamicRunnable": ".configurable",
        "RouterInput": ".router",
        "RouterRunnable": ".router",
        "Runnable": ".base",
        "RunnableAssign": ".passthrough",
        "RunnableBinding": ".binding",
        "RunnableBindingBase": ".binding",
        "RunnableBranch": ".branch",
        "RunnableConfig": ".config",
        "RunnableConfigurableAlternatives": ".configurable",
        "RunnableConfigurableFields": ".configurable",
        "RunnableEach": ".each",
        "RunnableGenerator": ".generator",
        "RunnableLambda": ".lambda_",
        "RunnableMap": ".parallel",
        "RunnableParallel": ".parallel",
        "RunnablePassthrough": ".passthrough",
        "RunnablePick": ".passthrough",
        "RunnableRetry": ".retry",
        "RunnableSequence": ".sequence",
        "RunnableSerializable": ".serializable",
        "RunnableWithFallbacks": ".fallbacks",
        "RunnableWithMessageHistory": ".history",
        "SupportsAdd": ".addable",
        "aadd": ".addable",
        "add": ".addable",
        "chain": ".decorator",
        "coerce_to_runnable": ".coerce",
        "ensure_config": ".config",
        "get_config_list": ".config",
        "merge_configs": ".config",
        "patch_config": ".config",
        "run_in_executor": ".context",
    },
)
