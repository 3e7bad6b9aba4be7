"""Composable units of work.

Names are loaded when they are first read: importing `RunnableLambda` loads neither pydantic nor
messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.runnables.addable import (
        AddableDict as AddableDict,
        SupportsAdd as SupportsAdd,
        aadd as aadd,
        add as add,
    )
    from ferrule.runnables.base import Runnable as Runnable
    from ferrule.runnables.binding import (
        RunnableBinding as RunnableBinding,
        RunnableBindingBase as RunnableBindingBase,
    )
    from ferrule.runnables.branch import RunnableBranch as RunnableBranch
    from ferrule.runnables.coerce import coerce_to_runnable as coerce_to_runnable
    from ferrule.runnables.config import (
        RunnableConfig as RunnableConfig,
        ensure_config as ensure_config,
        get_config_list as get_config_list,
        merge_configs as merge_configs,
        patch_config as patch_config,
    )
    from ferrule.runnables.configurable import (
        DynamicRunnable as DynamicRunnable,
        RunnableConfigurableAlternatives as RunnableConfigurableAlternatives,
        RunnableConfigurableFields as RunnableConfigurableFields,
    )
    from ferrule.runnables.configurable_specs import (
        ConfigurableField as ConfigurableField,
        ConfigurableFieldMultiOption as ConfigurableFieldMultiOption,
        ConfigurableFieldSingleOption as ConfigurableFieldSingleOption,
        ConfigurableFieldSpec as ConfigurableFieldSpec,
    )
    from ferrule.runnables.context import run_in_executor as run_in_executor
    from ferrule.runnables.decorator import chain as chain
    from ferrule.runnables.each import RunnableEach as RunnableEach
    from ferrule.runnables.fallbacks import RunnableWithFallbacks as RunnableWithFallbacks
    from ferrule.runnables.generator import RunnableGenerator as RunnableGenerator
    from ferrule.runnables.history import RunnableWithMessageHistory as RunnableWithMessageHistory
    from ferrule.runnables.lambda_ import RunnableLambda as RunnableLambda
    from ferrule.runnables.parallel import (
        RunnableMap as RunnableMap,
        RunnableParallel as RunnableParallel,
    )
    from ferrule.runnables.passthrough import (
        RunnableAssign as RunnableAssign,
        RunnablePassthrough as RunnablePassthrough,
        RunnablePick as RunnablePick,
    )
    from ferrule.runnables.retry import RunnableRetry as RunnableRetry
    from ferrule.runnables.router import (
        RouterInput as RouterInput,
        RouterRunnable as RouterRunnable,
    )
    from ferrule.runnables.sequence import RunnableSequence as RunnableSequence
    from ferrule.runnables.serializable import RunnableSerializable as RunnableSerializable
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".addable": "AddableDict SupportsAdd aadd add",
            ".base": "Runnable",
            ".binding": "RunnableBinding RunnableBindingBase",
            ".branch": "RunnableBranch",
            ".coerce": "coerce_to_runnable",
            ".config": "RunnableConfig ensure_config get_config_list merge_configs patch_config",
            ".configurable": """
                DynamicRunnable RunnableConfigurableAlternatives
                RunnableConfigurableFields
            """,
            ".configurable_specs": """
                ConfigurableField ConfigurableFieldMultiOption
                ConfigurableFieldSingleOption ConfigurableFieldSpec
            """,
            ".context": "run_in_executor",
            ".decorator": "chain",
            ".each": "RunnableEach",
            ".fallbacks": "RunnableWithFallbacks",
            ".generator": "RunnableGenerator",
            ".history": "RunnableWithMessageHistory",
            ".lambda_": "RunnableLambda",
            ".parallel": "RunnableMap RunnableParallel",
            ".passthrough": "RunnableAssign RunnablePassthrough RunnablePick",
            ".retry": "RunnableRetry",
            ".router": "RouterInput RouterRunnable",
            ".sequence": "RunnableSequence",
            ".serializable": "RunnableSerializable",
        },
    )
