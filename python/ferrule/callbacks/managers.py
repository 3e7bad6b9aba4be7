"""Managers: who listens, and under which parent run.

Faces of the core's manager, whose lists are made when they are read. Subclasses may override
any method; the core asks a manager of any class for its seven attributes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from ferrule._core import ManagerBase
from ferrule.callbacks.handlers import CallbackManagerMixin
from ferrule.interop.guises import Guised

if TYPE_CHECKING:
    from uuid import UUID

    from ferrule.callbacks.run_managers import (
        AsyncCallbackManagerForChainRun,
        AsyncCallbackManagerForLLMRun,
        AsyncCallbackManagerForRetrieverRun,
        AsyncCallbackManagerForToolRun,
        CallbackManagerForChainRun,
        CallbackManagerForLLMRun,
        CallbackManagerForRetrieverRun,
        CallbackManagerForToolRun,
    )
    from ferrule.messages import BaseMessage

__all__ = [
    "AsyncCallbackManager",
    "BaseCallbackManager",
    "CallbackManager",
]


def _rebuild(cls: Any, members: dict[str, Any], attributes: dict[str, Any]) -> Any:
    """Make a manager of its members, past the `__init__` of its class."""
    manager = cls.__new__(cls)
    ManagerBase.__init__(manager, **members)
    manager.__dict__.update(attributes)
    return manager


def _listed(name: str, given: Any) -> Sequence[Any]:
    """Return what each run is opened for; text is a list of characters, which nobody means."""
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        return given
    msg = (
        f"{name} is a list with one entry for each run, got {given!r} ({type(given).__name__}); "
        "put a single entry into a list."
    )
    raise TypeError(msg)


def _conversations(given: Any) -> Sequence[Sequence[BaseMessage]]:
    return [_listed("an entry of messages", messages) for messages in _listed("messages", given)]


class BaseCallbackManager(Guised, ManagerBase, CallbackManagerMixin):
    """Handlers, tags and metadata, each for a run itself and for its children."""

    def _members(self) -> dict[str, Any]:
        """What the manager is made of, as arguments for another one."""
        return {
            "handlers": list(self.handlers),
            "inheritable_handlers": list(self.inheritable_handlers),
            "parent_run_id": self.parent_run_id,
            "tags": list(self.tags),
            "inheritable_tags": list(self.inheritable_tags),
            "metadata": dict(self.metadata),
            "inheritable_metadata": dict(self.inheritable_metadata),
        }

    def __reduce_ex__(self, protocol: Any) -> Any:
        del protocol
        return _rebuild, (type(self), self._members(), dict(self.__dict__))

    @property
    def is_async(self) -> bool:
        """Whether the manager's methods are to be awaited."""
        return False


class CallbackManager(BaseCallbackManager):
    """Opens runs from sync code: each `on_*_start` tells the handlers and returns a run manager.

    Runs opened by hand are closed by hand; invoking runnables needs none of this.

    Example:
        >>> from ferrule.callbacks import BaseCallbackHandler, CallbackManager
        >>> class Show(BaseCallbackHandler):
        ...     def on_chain_start(self, serialized, inputs, **kwargs):
        ...         print("start", inputs)
        ...     def on_chain_end(self, outputs, **kwargs):
        ...         print("end", outputs)
        >>> run = CallbackManager.configure([Show()]).on_chain_start({"name": "mine"}, 1)
        start 1
        >>> run.on_chain_end(2)
        end 2
    """

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: Sequence[str],
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> list[CallbackManagerForLLMRun]:
        """Open a run for each prompt; `run_id` is the first one's."""
        return [
            self.start_run("llm", serialized, [prompt], None if index else run_id, kwargs)
            for index, prompt in enumerate(_listed("prompts", prompts))
        ]

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: Sequence[Sequence[BaseMessage]],
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> list[CallbackManagerForLLMRun]:
        """Open a run for each list of messages; `run_id` is the first one's."""
        return [
            self.start_run("chat_model", serialized, [batch], None if index else run_id, kwargs)
            for index, batch in enumerate(_conversations(messages))
        ]

    if TYPE_CHECKING:  # the core has these, with their docstrings

        def on_chain_start(
            self,
            serialized: dict[str, Any] | None,
            inputs: Any,
            run_id: UUID | None = None,
            **kwargs: Any,
        ) -> CallbackManagerForChainRun: ...

        def on_tool_start(
            self,
            serialized: dict[str, Any] | None,
            input_str: str,
            run_id: UUID | None = None,
            parent_run_id: UUID | None = None,
            inputs: dict[str, Any] | None = None,
            **kwargs: Any,
        ) -> CallbackManagerForToolRun: ...

        def on_retriever_start(
            self,
            serialized: dict[str, Any] | None,
            query: str,
            run_id: UUID | None = None,
            parent_run_id: UUID | None = None,
            **kwargs: Any,
        ) -> CallbackManagerForRetrieverRun: ...
    else:
        on_chain_start = ManagerBase.start_chain
        on_tool_start = ManagerBase.start_tool
        on_retriever_start = ManagerBase.start_retriever


class AsyncCallbackManager(BaseCallbackManager):
    """Opens runs from async code; see `CallbackManager`."""

    @property
    def is_async(self) -> bool:
        """Whether the manager's methods are to be awaited."""
        return True

    async def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: Sequence[str],
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> list[AsyncCallbackManagerForLLMRun]:
        """Open a run for each prompt; `run_id` is the first one's."""
        return await self._open_each("llm", serialized, _listed("prompts", prompts), run_id, kwargs)

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: Sequence[Sequence[BaseMessage]],
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> list[AsyncCallbackManagerForLLMRun]:
        """Open a run for each list of messages; `run_id` is the first one's."""
        conversations = _conversations(messages)
        return await self._open_each("chat_model", serialized, conversations, run_id, kwargs)

    async def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForChainRun:
        """Open a run of a chain."""
        run = await self._open("chain", serialized, inputs, run_id, kwargs)
        return cast("AsyncCallbackManagerForChainRun", run)

    async def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        run_id: UUID | None = None,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForToolRun:
        """Open a run of a tool."""
        run = await self._open("tool", serialized, input_str, run_id, kwargs)
        return cast("AsyncCallbackManagerForToolRun", run)

    async def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        run_id: UUID | None = None,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForRetrieverRun:
        """Open a run of a retriever."""
        run = await self._open("retriever", serialized, query, run_id, kwargs)
        return cast("AsyncCallbackManagerForRetrieverRun", run)

    async def _open(
        self,
        kind: Literal["llm", "chat_model", "chain", "tool", "retriever"],
        serialized: dict[str, Any] | None,
        payload: Any,
        run_id: UUID | None,
        extra: dict[str, Any],
    ) -> Any:
        run, told, tell_failure = self.astart_run(kind, serialized, payload, run_id, extra)
        try:
            await told
        except BaseException as error:
            await getattr(run, tell_failure)(error)
            raise
        return run

    async def _open_each(
        self,
        kind: Literal["llm", "chat_model"],
        serialized: dict[str, Any],
        payloads: Sequence[Any],
        run_id: UUID | None,
        extra: dict[str, Any],
    ) -> list[AsyncCallbackManagerForLLMRun]:
        return [
            await self._open(kind, serialized, [payload], None if index else run_id, extra)
            for index, payload in enumerate(payloads)
        ]

    if TYPE_CHECKING:

        async def on_custom_event(  # type: ignore[override]  # to be awaited, unlike its base's
            self, name: str, data: Any, run_id: UUID | None = None, **kwargs: Any
        ) -> None: ...
    else:
        on_custom_event = ManagerBase.aon_custom_event
