"""Run managers: each speaks for one open run.

A run's body gets one when it asks for `run_manager`; the managers return one for a run that is
opened by hand. The methods are the core's, under the names that a run of the kind has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias

from ferrule._core import RunHandle, uuid7

if TYPE_CHECKING:
    from typing_extensions import Self

    from ferrule._core import _RunState as RunState

    # The hooks of handlers have the names of the methods here, but not their parameters. Checkers
    # are shown the methods alone, each class's own.
    ChainManagerMixin: TypeAlias = object
    LLMManagerMixin: TypeAlias = object
    RetrieverManagerMixin: TypeAlias = object
    RunManagerMixin: TypeAlias = object
    ToolManagerMixin: TypeAlias = object
else:
    from ferrule.callbacks.handlers import (
        ChainManagerMixin,
        LLMManagerMixin,
        RetrieverManagerMixin,
        RunManagerMixin,
        ToolManagerMixin,
    )

    RunState = RunHandle


class BaseRunManager(RunState, RunManagerMixin):
    """A run's id, parent, handlers, tags and metadata, and those that its children inherit."""

    @classmethod
    def get_noop_manager(cls) -> Self:
        """Make a run manager that nobody listens to."""
        return cls(run_id=uuid7(), handlers=[], inheritable_handlers=[])


class RunManager(BaseRunManager):
    """Tells events of any run, from sync code."""

    on_text = RunHandle.on_text
    on_retry = RunHandle.on_retry


class ParentRunManager(RunManager):
    """Tells events of a run that has children."""

    get_child = RunHandle.get_child


class AsyncRunManager(BaseRunManager, ABC):
    """Tells events of any run, from async code: what its methods return is to be awaited."""

    on_text = RunHandle.aon_text
    on_retry = RunHandle.aon_retry

    @abstractmethod
    def get_sync(self) -> RunManager:
        """Make the manager of the same run for sync code."""


class AsyncParentRunManager(AsyncRunManager):
    """Tells events of a run that has children, from async code."""

    get_child = RunHandle.aget_child


class CallbackManagerForLLMRun(RunManager, LLMManagerMixin):
    """Speaks for an open run of a language model."""

    on_llm_new_token = RunHandle.on_llm_new_token
    on_llm_end = RunHandle.on_llm_end
    on_llm_error = RunHandle.on_llm_error
    on_stream_event = RunHandle.on_stream_event


class AsyncCallbackManagerForLLMRun(AsyncRunManager, LLMManagerMixin):
    """Speaks for an open run of a language model, from async code."""

    on_llm_new_token = RunHandle.aon_llm_new_token
    on_llm_end = RunHandle.aon_llm_end
    on_llm_error = RunHandle.aon_llm_error
    on_stream_event = RunHandle.aon_stream_event

    def get_sync(self) -> CallbackManagerForLLMRun:
        """Make the manager of the same run for sync code."""
        return self.to_class(CallbackManagerForLLMRun)


class CallbackManagerForChainRun(ParentRunManager, ChainManagerMixin):
    """Speaks for an open run of a chain."""

    on_chain_end = RunHandle.on_chain_end
    on_chain_error = RunHandle.on_chain_error
    on_agent_action = RunHandle.on_agent_action
    on_agent_finish = RunHandle.on_agent_finish


class AsyncCallbackManagerForChainRun(AsyncParentRunManager, ChainManagerMixin):
    """Speaks for an open run of a chain, from async code."""

    on_chain_end = RunHandle.aon_chain_end
    on_chain_error = RunHandle.aon_chain_error
    on_agent_action = RunHandle.aon_agent_action
    on_agent_finish = RunHandle.aon_agent_finish

    def get_sync(self) -> CallbackManagerForChainRun:
        """Make the manager of the same run for sync code."""
        return self.to_class(CallbackManagerForChainRun)


class CallbackManagerForToolRun(ParentRunManager, ToolManagerMixin):
    """Speaks for an open run of a tool."""

    on_tool_end = RunHandle.on_tool_end
    on_tool_error = RunHandle.on_tool_error


class AsyncCallbackManagerForToolRun(AsyncParentRunManager, ToolManagerMixin):
    """Speaks for an open run of a tool, from async code."""

    on_tool_end = RunHandle.aon_tool_end
    on_tool_error = RunHandle.aon_tool_error

    def get_sync(self) -> CallbackManagerForToolRun:
        """Make the manager of the same run for sync code."""
        return self.to_class(CallbackManagerForToolRun)


class CallbackManagerForRetrieverRun(ParentRunManager, RetrieverManagerMixin):
    """Speaks for an open run of a retriever."""

    on_retriever_end = RunHandle.on_retriever_end
    on_retriever_error = RunHandle.on_retriever_error


class AsyncCallbackManagerForRetrieverRun(AsyncParentRunManager, RetrieverManagerMixin):
    """Speaks for an open run of a retriever, from async code."""

    on_retriever_end = RunHandle.aon_retriever_end
    on_retriever_error = RunHandle.aon_retriever_error

    def get_sync(self) -> CallbackManagerForRetrieverRun:
        """Make the manager of the same run for sync code."""
        return self.to_class(CallbackManagerForRetrieverRun)
