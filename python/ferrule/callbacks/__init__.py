"""Who listens to runs: handlers, and the managers that open runs for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.callbacks.async_handlers import AsyncCallbackHandler as AsyncCallbackHandler
    from ferrule.callbacks.base import Callbacks as Callbacks
    from ferrule.callbacks.custom import adispatch_custom_event as adispatch_custom_event
    from ferrule.callbacks.custom import dispatch_custom_event as dispatch_custom_event
    from ferrule.callbacks.file import FileCallbackHandler as FileCallbackHandler
    from ferrule.callbacks.groups import (
        AsyncCallbackManagerForChainGroup as AsyncCallbackManagerForChainGroup,
    )
    from ferrule.callbacks.groups import (
        CallbackManagerForChainGroup as CallbackManagerForChainGroup,
    )
    from ferrule.callbacks.groups import atrace_as_chain_group as atrace_as_chain_group
    from ferrule.callbacks.groups import trace_as_chain_group as trace_as_chain_group
    from ferrule.callbacks.handlers import BaseCallbackHandler as BaseCallbackHandler
    from ferrule.callbacks.handlers import CallbackManagerMixin as CallbackManagerMixin
    from ferrule.callbacks.handlers import ChainManagerMixin as ChainManagerMixin
    from ferrule.callbacks.handlers import LLMManagerMixin as LLMManagerMixin
    from ferrule.callbacks.handlers import RetrieverManagerMixin as RetrieverManagerMixin
    from ferrule.callbacks.handlers import RunManagerMixin as RunManagerMixin
    from ferrule.callbacks.handlers import ToolManagerMixin as ToolManagerMixin
    from ferrule.callbacks.managers import AsyncCallbackManager as AsyncCallbackManager
    from ferrule.callbacks.managers import BaseCallbackManager as BaseCallbackManager
    from ferrule.callbacks.managers import CallbackManager as CallbackManager
    from ferrule.callbacks.registry import register_configure_hook as register_configure_hook
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
    from ferrule.callbacks.run_managers import (
        CallbackManagerForChainRun as CallbackManagerForChainRun,
    )
    from ferrule.callbacks.run_managers import CallbackManagerForLLMRun as CallbackManagerForLLMRun
    from ferrule.callbacks.run_managers import (
        CallbackManagerForRetrieverRun as CallbackManagerForRetrieverRun,
    )
    from ferrule.callbacks.run_managers import (
        CallbackManagerForToolRun as CallbackManagerForToolRun,
    )
    from ferrule.callbacks.run_managers import ParentRunManager as ParentRunManager
    from ferrule.callbacks.run_managers import RunManager as RunManager
    from ferrule.callbacks.stdout import StdOutCallbackHandler as StdOutCallbackHandler
    from ferrule.callbacks.streaming_stdout import (
        StreamingStdOutCallbackHandler as StreamingStdOutCallbackHandler,
    )
    from ferrule.callbacks.usage import UsageMetadataCallbackHandler as UsageMetadataCallbackHandler
    from ferrule.callbacks.usage import get_usage_metadata_callback as get_usage_metadata_callback

__all__ = [
    "AsyncCallbackHandler",
    "AsyncCallbackManager",
    "AsyncCallbackManagerForChainGroup",
    "AsyncCallbackManagerForChainRun",
    "AsyncCallbackManagerForLLMRun",
    "AsyncCallbackManagerForRetrieverRun",
    "AsyncCallbackManagerForToolRun",
    "AsyncParentRunManager",
    "AsyncRunManager",
    "BaseCallbackHandler",
    "BaseCallbackManager",
    "BaseRunManager",
    "CallbackManager",
    "CallbackManagerForChainGroup",
    "CallbackManagerForChainRun",
    "CallbackManagerForLLMRun",
    "CallbackManagerForRetrieverRun",
    "CallbackManagerForToolRun",
    "CallbackManagerMixin",
    "Callbacks",
    "ChainManagerMixin",
    "FileCallbackHandler",
    "LLMManagerMixin",
    "ParentRunManager",
    "RetrieverManagerMixin",
    "RunManager",
    "RunManagerMixin",
    "StdOutCallbackHandler",
    "StreamingStdOutCallbackHandler",
    "ToolManagerMixin",
    "UsageMetadataCallbackHandler",
    "adispatch_custom_event",
    "atrace_as_chain_group",
    "dispatch_custom_event",
    "get_usage_metadata_callback",
    "register_configure_hook",
    "trace_as_chain_group",
]

_OWNERS = {
    "AsyncCallbackHandler": ".async_handlers",
    "AsyncCallbackManager": ".managers",
    "AsyncCallbackManagerForChainGroup": ".groups",
    "AsyncCallbackManagerForChainRun": ".run_managers",
    "AsyncCallbackManagerForLLMRun": ".run_managers",
    "AsyncCallbackManagerForRetrieverRun": ".run_managers",
    "AsyncCallbackManagerForToolRun": ".run_managers",
    "AsyncParentRunManager": ".run_managers",
    "AsyncRunManager": ".run_managers",
    "BaseCallbackHandler": ".handlers",
    "BaseCallbackManager": ".managers",
    "BaseRunManager": ".run_managers",
    "CallbackManager": ".managers",
    "CallbackManagerForChainGroup": ".groups",
    "CallbackManagerForChainRun": ".run_managers",
    "CallbackManagerForLLMRun": ".run_managers",
    "CallbackManagerForRetrieverRun": ".run_managers",
    "CallbackManagerForToolRun": ".run_managers",
    "CallbackManagerMixin": ".handlers",
    "Callbacks": ".base",
    "ChainManagerMixin": ".handlers",
    "FileCallbackHandler": ".file",
    "LLMManagerMixin": ".handlers",
    "ParentRunManager": ".run_managers",
    "RetrieverManagerMixin": ".handlers",
    "RunManager": ".run_managers",
    "RunManagerMixin": ".handlers",
    "StdOutCallbackHandler": ".stdout",
    "StreamingStdOutCallbackHandler": ".streaming_stdout",
    "ToolManagerMixin": ".handlers",
    "UsageMetadataCallbackHandler": ".usage",
    "adispatch_custom_event": ".custom",
    "atrace_as_chain_group": ".groups",
    "dispatch_custom_event": ".custom",
    "get_usage_metadata_callback": ".usage",
    "register_configure_hook": ".registry",
    "trace_as_chain_group": ".groups",
}

__getattr__, __dir__ = attach(__name__, _OWNERS)
