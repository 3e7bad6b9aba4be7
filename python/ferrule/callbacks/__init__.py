"""Who listens to runs: handlers, and the managers that open runs for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.callbacks.async_handlers import AsyncCallbackHandler as AsyncCallbackHandler
    from ferrule.callbacks.base import Callbacks as Callbacks
    from ferrule.callbacks.custom import (
        adispatch_custom_event as adispatch_custom_event,
        dispatch_custom_event as dispatch_custom_event,
    )
    from ferrule.callbacks.file import FileCallbackHandler as FileCallbackHandler
    from ferrule.callbacks.groups import (
        AsyncCallbackManagerForChainGroup as AsyncCallbackManagerForChainGroup,
        CallbackManagerForChainGroup as CallbackManagerForChainGroup,
        atrace_as_chain_group as atrace_as_chain_group,
        trace_as_chain_group as trace_as_chain_group,
    )
    from ferrule.callbacks.handlers import (
        BaseCallbackHandler as BaseCallbackHandler,
        CallbackManagerMixin as CallbackManagerMixin,
        ChainManagerMixin as ChainManagerMixin,
        LLMManagerMixin as LLMManagerMixin,
        RetrieverManagerMixin as RetrieverManagerMixin,
        RunManagerMixin as RunManagerMixin,
        ToolManagerMixin as ToolManagerMixin,
    )
    from ferrule.callbacks.managers import (
        AsyncCallbackManager as AsyncCallbackManager,
        BaseCallbackManager as BaseCallbackManager,
        CallbackManager as CallbackManager,
    )
    from ferrule.callbacks.registry import register_configure_hook as register_configure_hook
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
    from ferrule.callbacks.stdout import StdOutCallbackHandler as StdOutCallbackHandler
    from ferrule.callbacks.streaming_stdout import (
        StreamingStdOutCallbackHandler as StreamingStdOutCallbackHandler,
    )
    from ferrule.callbacks.usage import (
        UsageMetadataCallbackHandler as UsageMetadataCallbackHandler,
        get_usage_metadata_callback as get_usage_metadata_callback,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".async_handlers": "AsyncCallbackHandler",
            ".base": "Callbacks",
            ".custom": "adispatch_custom_event dispatch_custom_event",
            ".file": "FileCallbackHandler",
            ".groups": """
                AsyncCallbackManagerForChainGroup CallbackManagerForChainGroup
                atrace_as_chain_group trace_as_chain_group
            """,
            ".handlers": """
                BaseCallbackHandler CallbackManagerMixin ChainManagerMixin
                LLMManagerMixin RetrieverManagerMixin RunManagerMixin
                ToolManagerMixin
            """,
            ".managers": "AsyncCallbackManager BaseCallbackManager CallbackManager",
            ".registry": "register_configure_hook",
            ".run_managers": """
                AsyncCallbackManagerForChainRun AsyncCallbackManagerForLLMRun
                AsyncCallbackManagerForRetrieverRun AsyncCallbackManagerForToolRun
                AsyncParentRunManager AsyncRunManager BaseRunManager
                CallbackManagerForChainRun CallbackManagerForLLMRun
                CallbackManagerForRetrieverRun CallbackManagerForToolRun
                ParentRunManager RunManager
            """,
            ".stdout": "StdOutCallbackHandler",
            ".streaming_stdout": "StreamingStdOutCallbackHandler",
            ".usage": "UsageMetadataCallbackHandler get_usage_metadata_callback",
        },
    )
