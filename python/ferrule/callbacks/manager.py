"""The documented import path of managers, run managers, groups and custom events."""

# ruff: noqa: PLC0414  aliases mark re-exports, for type checkers
from __future__ import annotations

from ferrule.callbacks.base import BaseCallbackHandler as BaseCallbackHandler
from ferrule.callbacks.base import BaseCallbackManager as BaseCallbackManager
from ferrule.callbacks.base import Callbacks as Callbacks
from ferrule.callbacks.custom import adispatch_custom_event as adispatch_custom_event
from ferrule.callbacks.custom import dispatch_custom_event as dispatch_custom_event
from ferrule.callbacks.groups import (
    AsyncCallbackManagerForChainGroup as AsyncCallbackManagerForChainGroup,
)
from ferrule.callbacks.groups import CallbackManagerForChainGroup as CallbackManagerForChainGroup
from ferrule.callbacks.groups import atrace_as_chain_group as atrace_as_chain_group
from ferrule.callbacks.groups import trace_as_chain_group as trace_as_chain_group
from ferrule.callbacks.managers import AsyncCallbackManager as AsyncCallbackManager
from ferrule.callbacks.managers import CallbackManager as CallbackManager
from ferrule.callbacks.run_managers import (
    AsyncCallbackManagerForChainRun as AsyncCallbackManagerForChainRun,
)
from ferrule.callbacks.run_managers import (
    AsyncCallbackManagerForLLMRun as AsyncCallbackManagerForLLMRun,
)
from ferrule.callbacks.run_managers import (
    AsyncCallbackManagerForRetrieverRun as AsyncCallbackManagerForRetrieverRun,
)
from ferrule.callbacks.run_managers import (
    AsyncCallbackManagerForToolRun as AsyncCallbackManagerForToolRun,
)
from ferrule.callbacks.run_managers import AsyncParentRunManager as AsyncParentRunManager
from ferrule.callbacks.run_managers import AsyncRunManager as AsyncRunManager
from ferrule.callbacks.run_managers import BaseRunManager as BaseRunManager
from ferrule.callbacks.run_managers import CallbackManagerForChainRun as CallbackManagerForChainRun
from ferrule.callbacks.run_managers import CallbackManagerForLLMRun as CallbackManagerForLLMRun
from ferrule.callbacks.run_managers import (
    CallbackManagerForRetrieverRun as CallbackManagerForRetrieverRun,
)
from ferrule.callbacks.run_managers import CallbackManagerForToolRun as CallbackManagerForToolRun
from ferrule.callbacks.run_managers import ParentRunManager as ParentRunManager
from ferrule.callbacks.run_managers import RunManager as RunManager
