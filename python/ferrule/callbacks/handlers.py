"""What a handler can hear: every hook, documented here once.

Owns `BaseCallbackHandler` and the mixins that group its hooks by kind of run. The same hooks as
coroutines are in `async_handlers`; who calls them, and when, is the managers' business.

All hooks share these keyword arguments, so their docstrings do not repeat them:

- `run_id`: the id of the run that the event happened to (UUIDv7).
- `parent_run_id`: the id of the run around it; None for a root run.
- `tags`: the run's tags, inherited ones first.
- `metadata` (start hooks and custom events): the run's metadata, inherited entries included.
- `name`, `run_type` (start hooks, in `**kwargs`): the run's name and, for some, its kind.

`serialized` is a mapping with at least `name` and `id`. It is for reading: all runs of a class and
name are told the same dict (those of a model, prompt, retriever or tool that tells more, the one of
that object), so that a handler which wants another copies it first.

What a hook returns is ignored, except that an awaitable is awaited before the next event of the run
is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.interop.guises import Guised

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tenacity import RetryCallState

    from ferrule.agents import AgentAction, AgentFinish
    from ferrule.documents import Document
    from ferrule.messages import BaseMessage
    from ferrule.outputs import ChatGenerationChunk, GenerationChunk, LLMResult

__all__ = [
    "BaseCallbackHandler",
    "CallbackManagerMixin",
    "ChainManagerMixin",
    "LLMManagerMixin",
    "RetrieverManagerMixin",
    "RunManagerMixin",
    "ToolManagerMixin",
]


class LLMManagerMixin:
    """Hooks for what happens to a model run after its start."""

    def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear a piece of a streamed answer, before its chunk is handed to the consumer.

        Args:
            token: The piece's text, or its content blocks; may be empty.
            chunk: The piece with everything else that came with it.
        """

    def on_llm_end(
        self,
        response: LLMResult,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear the complete answer of a text or chat model."""

    def on_llm_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear why a model run failed.

        Args:
            error: What the caller gets, the very object; a cancellation included.
            kwargs: `response` holds what had been produced, where something had.
        """

    def on_stream_event(
        self,
        event: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear a protocol event that a model's integration passes on while it streams."""


class ChainManagerMixin:
    """Hooks for what happens to a chain run, or to an agent, after its start."""

    def on_chain_end(
        self,
        outputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear what a runnable returned.

        Args:
            outputs: The value itself, of any type; for a stream the sum of its chunks.
            kwargs: `inputs` when the input became known only while it was streamed.
        """

    def on_chain_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear why a runnable failed; `error` is the object that its caller gets."""

    def on_agent_action(
        self,
        action: AgentAction,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear which tool an agent is about to call, and with what."""

    def on_agent_finish(
        self,
        finish: AgentFinish,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear an agent's final answer."""


class ToolManagerMixin:
    """Hooks for what happens to a tool run after its start."""

    def on_tool_end(
        self,
        output: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear what a tool returned: its value, or the message made of it for a tool call."""

    def on_tool_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear why a tool failed; `kwargs` has the `tool_call_id` where there is one."""


class RetrieverManagerMixin:
    """Hooks for what happens to a retriever run after its start."""

    def on_retriever_end(
        self,
        documents: Sequence[Document],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear which documents were found, best first."""

    def on_retriever_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear why a retriever failed."""


class CallbackManagerMixin:
    """Hooks for the start of a run, one for each kind."""

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear the prompt of a text model, as a list of one.

        A handler without `on_chat_model_start` hears chat models here, too: then the prompt is
        the messages as text.
        """

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear the messages for a chat model, as a list of one conversation.

        Raises:
            NotImplementedError: Unless overridden; `on_llm_start` is called instead.
        """
        msg = (
            f"{type(self).__name__} has no on_chat_model_start hook; "
            "chat models are reported to its on_llm_start."
        )
        raise NotImplementedError(msg)

    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear what a retriever is asked for."""

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear that a runnable starts; `inputs` is its input itself, of any type."""

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear that a tool starts.

        Args:
            input_str: The tool's input as text.
            inputs: The arguments by name, without the injected ones.
            kwargs: `tool_call_id` when the run answers a model's tool call.
        """


class RunManagerMixin:
    """Hooks that every kind of run may trigger."""

    def on_text(
        self,
        text: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear text that a run reports about itself."""

    def on_retry(
        self,
        retry_state: RetryCallState,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear that an attempt failed and another one follows."""

    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Hear an event of the user's own, sent with `dispatch_custom_event`.

        Args:
            name: The name that the sender chose.
            data: The object that the sender passed, as it is.
        """


IGNORED_BY_DEFAULT = False


class BaseCallbackHandler(
    LLMManagerMixin,
    ChainManagerMixin,
    ToolManagerMixin,
    RetrieverManagerMixin,
    CallbackManagerMixin,
    RunManagerMixin,
    Guised,
):
    """Hear what happens to runs, by overriding the hooks of interest.

    A hook that is not overridden costs nothing. For one handler the events of a run arrive in
    the order in which they happened; those of different runs may arrive from different threads.
    A hook that raises breaks neither the run nor other handlers: the failure is logged on the
    logger `ferrule.callbacks`, unless `raise_error` says otherwise.

    Example:
        >>> class Printer(BaseCallbackHandler):
        ...     def on_chain_start(self, serialized, inputs, **kwargs):
        ...         print(serialized["name"], "got", inputs)
        >>> Printer().on_chain_start({"name": "add", "id": ["add"]}, 1)
        add got 1
    """

    raise_error: bool = False
    """Whether an exception of a hook is raised to the caller of the run."""

    run_inline: bool = False
    """Whether hooks run on the event loop's own thread, before those of other handlers."""

    @property
    def ignore_llm(self) -> bool:
        """Whether model runs are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_retry(self) -> bool:
        """Whether retries are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_chain(self) -> bool:
        """Whether chain runs are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_agent(self) -> bool:
        """Whether agent steps and tool runs are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_retriever(self) -> bool:
        """Whether retriever runs are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_chat_model(self) -> bool:
        """Whether starts of chat models are none of this handler's interest."""
        return IGNORED_BY_DEFAULT

    @property
    def ignore_custom_event(self) -> bool:
        """Whether custom events are none of this handler's interest."""
        return IGNORED_BY_DEFAULT
