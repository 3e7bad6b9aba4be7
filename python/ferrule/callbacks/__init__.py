"""Who listens to runs: handlers, and the managers that open runs for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.callbacks.async_handlers import AsyncCallbackHandler
    from ferrule.callbacks.base import Callbacks
    from ferrule.callbacks.custom import adispatch_custom_event, dispatch_custom_event
    from ferrule.callbacks.file import FileCallbackHandler
    from ferrule.callbacks.groups import (
        AsyncCallbackManagerForChainGroup,
        CallbackManagerForChainGroup,
        atrace_as_chain_group,
        trace_as_chain_group,
    )
    from ferrule.callbacks.handlers import (
        BaseCallbackHandler,
        CallbackManagerMixin,
        ChainManagerMixin,
        LLMManagerMixin,
        RetrieverManagerMixin,
        RunManagerMixin,
        ToolManagerMixin,
    )
    from ferrule.callbacks.managers import (
        AsyncCallbackManager,
        BaseCallbackManager,
        CallbackManager,
    )
    from ferrule.callbacks.registry import register_configure_hook
    from ferrule.callbacks.run_managers import (
        AsyncCallbackManagerForChainRun,
        AsyncCallbackManagerForLLMRun,
        AsyncCallbackManagerForRetrieverRun,
        AsyncCallbackManagerForToolRun,
        AsyncParentRunManager,
        AsyncRunManager,
        BaseRunManager,
        CallbackManagerForChainRun,
        CallbackManagerForLLMRun,
        CallbackManagerForRetrieverRun,
        CallbackManagerForToolRun,
        ParentRunManager,
        RunManager,
    )
    from ferrule.callbacks.stdout import StdOutCallbackHandler
    from ferrule.callbacks.streaming_stdout import StreamingStdOutCallbackHandler
    from ferrule.callbacks.usage import UsageMetadataCallbackHandler, get_usage_metadata_callback

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
    "Callbacks": ".base",
    "FileCallbackHandler": ".file",
    "StdOutCallbackHandler": ".stdout",
    "StreamingStdOutCallbackHandler": ".streaming_stdout",
    "UsageMetadataCallbackHandler": ".usage",
    "get_usage_metadata_callback": ".usage",
    "register_configure_hook": ".registry",
    **dict.fromkeys(("adispatch_custom_event", "dispatch_custom_event"), ".custom"),
    **dict.fromkeys(
        (
            "AsyncCallbackManagerForChainGroup",
            "CallbackManagerForChainGroup",
            "atrace_as_chain_group",
            "trace_as_chain_group",
        ),
        ".groups",
    ),
    **dict.fromkeys(
        (
            "BaseCallbackHandler",
            "CallbackManagerMixin",
            "ChainManagerMixin",
            "LLMManagerMixin",
            "RetrieverManagerMixin",
            "RunManagerMixin",
            "ToolManagerMixin",
        ),
        ".handlers",
    ),
    **dict.fromkeys(
        ("AsyncCallbackManager", "BaseCallbackManager", "CallbackManager"), ".managers"
    ),
    **dict.fromkeys(
        (
            "AsyncCallbackManagerForChainRun",
            "AsyncCallbackManagerForLLMRun",
            "AsyncCallbackManagerForRetrieverRun",
            "AsyncCallbackManagerForToolRun",
            "AsyncParentRunManager",
            "AsyncRunManager",
            "BaseRunManager",
            "CallbackManagerForChainRun",
            "CallbackManagerForLLMRun",
            "CallbackManagerForRetrieverRun",
            "CallbackManagerForToolRun",
            "ParentRunManager",
            "RunManager",
        ),
        ".run_managers",
    ),
}

__getattr__, __dir__ = attach(__name__, _OWNERS)
