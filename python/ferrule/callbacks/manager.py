"""The documented import path of managers, run managers, groups and custom events."""

# ruff: noqa: PLC0414  aliases mark re-exports, for type checkers
from __future__ import annotations

from ferrule.callbacks.base import (
    BaseCallbackHandler as BaseCallbackHandler,
    BaseCallbackManager as BaseCallbackManager,
    Callbacks as Callbacks,
)
from ferrule.callbacks.custom import (
    adispatch_custom_event as adispatch_custom_event,
    dispatch_custom_event as dispatch_custom_event,
)
from ferrule.callbacks.groups import (
    AsyncCallbackManagerForChainGroup as AsyncCallbackManagerForChainGroup,
    CallbackManagerForChainGroup as CallbackManagerForChainGroup,
    atrace_as_chain_group as atrace_as_chain_group,
    trace_as_chain_group as trace_as_chain_group,
)
from ferrule.callbacks.managers import (
    AsyncCallbackManager as AsyncCallbackManager,
    CallbackManager as CallbackManager,
)
from ferrule.callbacks.run_managers import (
    AsyncCallbackManagerForChainRun as AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun as AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun as AsyncCallbackManagerForRetrieverRun,
    AsyncCallbackManagerForToolRun as AsyncCallbackManagerForToolRun,
    AsyncParentRunManager as AsyncParentRunManager,
    AsyncRunManager as AsyncRunManager,
    BaseRunManager as BaseRunManager,
    CallbackManagerForChainRun as CallbackManagerForChainRun,
    CallbackManagerForLLMRun as CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun as CallbackManagerForRetrieverRun,
    CallbackManagerForToolRun as CallbackManagerForToolRun,
    ParentRunManager as ParentRunManager,
    RunManager as RunManager,
)
