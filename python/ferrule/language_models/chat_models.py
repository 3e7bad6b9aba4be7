"""`BaseChatModel`: messages in, a message out.

A model's class says how to reach its provider (`_generate`, and where it can `_stream` and the
async ones); ferrule does the rest. What happens inside a run is in `chat_runs`.
`SimpleChatModel` is for models that give plain text.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from ferrule._core import ChatDrive
from ferrule._lazy import later
from ferrule.language_models.call_shape import arguments_of, configs_per_prompt
from ferrule.language_models.chat_result import (
    ChunkLog,
    agenerate_from_stream,
    as_response,
    generate_from_stream,
)
from ferrule.language_models.chat_runs import ChatRuns
from ferrule.language_models.open_runs import OpenRuns
from ferrule.language_models.returned import answer_of
from ferrule.messages import AIMessage
from ferrule.messages.listed import check_listed
from ferrule.outputs import ChatGeneration, ChatResult, LLMResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from uuid import UUID

    from pydantic import BaseModel

    from ferrule._core import RunPlan
    from ferrule.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
        Callbacks,
    )
    from ferrule.language_models.base import LanguageModelInput
    from ferrule.messages import AIMessageChunk, BaseMessage
    from ferrule.runnables import Runnable, RunnableConfig
    from ferrule.tools import BaseTool

__all__ = [
    "BaseChatModel",
    "SimpleChatModel",
    "agenerate_from_stream",
    "generate_from_stream",
]

# Event loops are loaded when something is awaited.
_later = later(
    __name__,
    {"asyncio": "gather", "ferrule.language_models.structured_output": "structured_output"},
)

# Asking a pydantic class for an attribute takes as long as building half a message.
_message, _generation, _result = AIMessage._trusted, ChatGeneration._trusted, ChatResult._trusted


class BaseChatModel(ChatRuns):
    """The base of chat models.

    A subclass must define `_generate` and `_llm_type`. `_agenerate` then runs `_generate` in a
    thread; `_stream` makes `stream` give tokens, and `astream` too (in a thread) unless there is
    an `_astream`. None of them reports the run's start, end or errors; `_stream` need not report
    tokens either. A method may leave out the `run_manager` parameter.

    Each conversation is one run: its handlers hear `on_chat_model_start`, `on_llm_new_token` for
    each chunk of a stream before the caller gets it, and `on_llm_end` or `on_llm_error` once.

    Example:
        >>> class Echo(BaseChatModel):
        ...     @property
        ...     def _llm_type(self):
        ...         return "echo"
        ...     def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        ...         message = AIMessage(content=messages[-1].content)
        ...         return ChatResult(generations=[ChatGeneration(message=message)])
        >>> Echo().invoke("Hello").content
        'Hello'
    """

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls._has_own_generate and cls.invoke is ChatDrive.invoke:
            cls.invoke = cls._invoke_by_generate  # type: ignore[method-assign]

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call.

        Raises:
            NotImplementedError: Unless the class of the model defines it.
        """
        msg = f"{type(self).__name__} cannot call tools: its class defines no bind_tools."
        raise NotImplementedError(msg)

    @override
    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Return a runnable whose output has the form of `schema`, by way of a tool call.

        Args:
            schema: A pydantic class (the output is an instance of it), a `TypedDict` class, a
                JSON schema with a title, or a function (the output is a dict).
            include_raw: Give a dict of the message (`raw`), the output (`parsed`, None when it
                does not fit) and the exception that says why (`parsing_error`), instead of
                raising it.
            **kwargs: `method` and `strict` are accepted for models that know them.

        Raises:
            NotImplementedError: If the model has no `bind_tools`.
            ValueError: If there are other keywords.
        """
        unknown = kwargs.keys() - {"method", "strict"}
        if unknown:
            msg = f"with_structured_output does not take {', '.join(sorted(unknown))}."
            raise ValueError(msg)
        if type(self).bind_tools is BaseChatModel.bind_tools:
            name = type(self).__name__
            msg = f"{name} has no structured output: its class defines no bind_tools."
            raise NotImplementedError(msg)
        structured: Runnable[LanguageModelInput, dict[str, Any] | BaseModel] = _later(
            "structured_output"
        )(self.bind_tools, schema, include_raw=include_raw)
        return structured

    # ------------------------------------------------------------------------ one answer

    if TYPE_CHECKING:

        @override
        def invoke(
            self,
            input: LanguageModelInput,
            config: RunnableConfig | None = None,
            *,
            stop: list[str] | None = None,
            **kwargs: Any,
        ) -> AIMessage:
            """Answer one conversation.

            Args:
                input: A prompt value, a text, or messages in any accepted form.
                config: Callbacks, tags, metadata and further settings of this call.
                stop: Texts at which the model stops.
                **kwargs: Arguments that the model passes on to its provider.
            """
            raise NotImplementedError

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer one conversation without blocking the event loop."""
        if self._has_own_agenerate:
            asked, told = [self._convert_input(input)], arguments_of([config])
            return _only_message(await self.agenerate_prompt(asked, stop=stop, **told, **kwargs))
        messages = self._conversation_of(input)
        (plan,), kwargs = self._plan([messages], [config], stop, kwargs)

        async def body(run: AsyncCallbackManagerForLLMRun) -> LLMResult:
            return as_response(await self._aanswer_in_run(messages, stop, run, kwargs))

        return _only_message(await plan.acall(body))

    def _invoke_by_generate(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """The `invoke` of classes that bring their own `generate`."""
        asked, told = [self._convert_input(input)], arguments_of([config])
        return _only_message(self.generate_prompt(asked, stop=stop, **told, **kwargs))

    # -------------------------------------------------------------------------- streaming

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Answer one conversation piece by piece; in one piece if the model cannot stream.

        The chunks have the same id and add up to the answer; the last one has
        `chunk_position="last"`. Closing the iterator ends the run with the chunks so far.
        """
        asked: dict[str, Any] = {**kwargs, "stream": True}
        if not self._should_stream(async_api=False, **asked):
            return self._whole(input, config, stop, kwargs)
        messages = self._conversation_of(input)
        log = ChunkLog()
        (plan,), kwargs = self._plan([messages], [config], stop, kwargs, log.failed_response)
        return plan.stream(
            lambda run: self._tokens(log, messages, stop, run, kwargs), log.response, keep=False
        )

    @override
    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Answer piece by piece as `stream` does, without blocking the event loop."""
        asked: dict[str, Any] = {**kwargs, "stream": True}
        if not self._should_stream(async_api=True, **asked):
            return self._awhole(input, config, stop, kwargs)
        messages = self._conversation_of(input)
        log = ChunkLog()
        (plan,), kwargs = self._plan([messages], [config], stop, kwargs, log.failed_response)
        return plan.astream(
            lambda run: self._atokens(log, messages, stop, run, kwargs), log.response, keep=False
        )

    # --------------------------------------------------------------- several conversations

    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several conversations one after the other, each in a run of its own.

        All runs start before the first request and end after the last. When one conversation
        fails, those before it end with their answers, those after it are not asked and fail with
        the same exception, which is then raised.

        Args:
            messages: The conversations.
            stop: Texts at which the model stops.
            callbacks: Handlers, or a manager with its parent run, for all these runs.
            tags: Tags of all these runs.
            metadata: Metadata of all these runs.
            run_name: Name of each run.
            run_id: Id of the first run; the others get ids of their own.
            **kwargs: Arguments that the model passes on to its provider.

        Returns:
            The candidates per conversation, and the ids of the runs as `run`.
        """
        plans, kwargs = self._plan_generate(
            messages, stop, kwargs, callbacks, tags, metadata, run_name, run_id
        )
        with OpenRuns(plans) as runs:
            for index, (run, conversation) in enumerate(zip(runs, messages, strict=True)):
                answer = run.call(self._answer_in_run, conversation, stop, run.run_manager, kwargs)
                runs.settle(index, as_response(answer))
        return self._collect(runs)

    async def agenerate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several conversations at once, each in a run of its own.

        As `generate`, but every conversation is asked and ends with its own answer or exception;
        the first exception is then raised.
        """
        plans, kwargs = self._plan_generate(
            messages, stop, kwargs, callbacks, tags, metadata, run_name, run_id
        )
        async with OpenRuns(plans) as runs:
            answers = await _later("gather")(
                *(
                    run.acall(self._aanswer_in_run, conversation, stop, run.run_manager, kwargs)
                    for run, conversation in zip(runs, messages, strict=True)
                ),
                return_exceptions=True,
            )
            for index, answer in enumerate(answers):
                if isinstance(answer, BaseException):
                    runs.settle(index, answer)
                else:
                    runs.settle(index, as_response(answer))
        return self._collect(runs)

    def _plan_generate(
        self,
        conversations: list[Any],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        callbacks: Callbacks,
        tags: list[str] | None,
        metadata: dict[str, Any] | None,
        run_name: str | None,
        run_id: UUID | None,
    ) -> tuple[list[RunPlan], dict[str, Any]]:
        check_listed(conversations, "conversations, each a list of messages")
        for conversation in conversations:
            if not isinstance(conversation, list):
                msg = (
                    "generate takes a list of conversations, each a list of messages; "
                    f"one of them is a {type(conversation).__name__}: {conversation!r}."
                )
                raise TypeError(msg)
        configs = configs_per_prompt(
            len(conversations),
            callbacks=callbacks,
            tags=tags,
            metadata=metadata,
            run_name=run_name,
            run_id=run_id,
        )
        return self._plan(conversations, configs, stop, kwargs)

    def _collect(self, runs: OpenRuns) -> LLMResult:
        responses = runs.results
        return LLMResult(
            generations=[response.generations[0] for response in responses],
            llm_output=self._combine_llm_outputs([one.llm_output for one in responses]),
            run=runs.infos,
        )


class SimpleChatModel(BaseChatModel):
    """The base of chat models whose answer is plain text, from `_call`."""

    @abstractmethod
    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        """Answer one conversation."""

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text: Any = self._call(messages, stop=stop, run_manager=run_manager, **kwargs)
        if type(text) is str:
            message = _message(content=text)
        else:
            # Text is what `_call` promises; content blocks are left to validation.
            if not isinstance(text, list):
                answer_of(self, text, str, "_call")
            message = AIMessage(content=text)
        return _result(generations=[_generation(message=message)])


def _only_message(response: LLMResult) -> AIMessage:
    return cast("AIMessage", cast("ChatGeneration", response.generations[0][0]).message)
