"""`ChatRuns`: what a chat model does inside its runs.

The public methods of `BaseChatModel` plan runs and call `_answer_in_run` (a whole answer) or
`_tokens` (a stream) inside of them; the model's class says how to reach its provider.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from pydantic import Field
from typing_extensions import override

from ferrule._core import ChatDrive, ChatFacts, TokenStream
from ferrule._lazy import later
from ferrule.globals import get_llm_cache
from ferrule.language_models.base import BaseLanguageModel, ModelKind
from ferrule.language_models.call_shape import run_manager_argument
from ferrule.language_models.chat_result import ChunkLog, failed_response, settle_result
from ferrule.language_models.response_cache import (
    CacheEntry,
    cached_chat_generations,
    messages_key,
    model_key,
    resolve_cache,
)
from ferrule.language_models.returned import achunks_of, answer_of, chunk_of, chunks_of
from ferrule.messages import AIMessage, AIMessageChunk, BaseMessage
from ferrule.outputs import ChatGenerationChunk, ChatResult
from ferrule.rate_limiters import BaseRateLimiter
from ferrule.runnables.blocking_stream import iterate_in_thread
from ferrule.runnables.closing import closing_stream
from ferrule.runnables.config import run_in_executor
from ferrule.runnables.signature import accepts_run_manager

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from ferrule._core import RunPlan
    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from ferrule.prompt_values import PromptValue
    from ferrule.runnables import RunnableConfig

__all__ = ["ChatRuns"]

# For schemas and structured output. The type of any message needs the classes of all of them.
_later = later(
    __name__,
    {
        "ferrule.language_models.structured_output": "describe_format",
        "ferrule.messages": "AnyMessage",
    },
)


class ChatRuns(ChatDrive, BaseLanguageModel[AIMessage]):
    """The settings of a chat model, what its class may define, and the inside of its runs."""

    rate_limiter: BaseRateLimiter | None = Field(default=None, exclude=True)
    """What each request waits for; a cached answer does not."""
    disable_streaming: bool | Literal["tool_calling"] = False
    """True: `stream` and `astream` give the whole answer at once, as `invoke` has it.
    "tool_calling": only when the call has tools."""
    output_version: Literal["v0"] | None = Field(default=None, exclude=True)
    """Form of the message content; "v0", the provider's own, is the only one."""
    profile: dict[str, Any] | None = Field(default=None, exclude=True)
    """What the model is capable of; kept for the caller, not used by ferrule."""

    _run_kind: ClassVar[ModelKind] = "chat_model"
    _has_switch: ClassVar[bool] = False
    """Whether models of this class may have a `streaming` field."""

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._has_switch = (
            cls.model_config.get("extra") == "allow" or "streaming" in cls.model_fields
        )

    if not TYPE_CHECKING:
        # As for all runnables that are pydantic models: the core's is not for copying.
        __new__ = object.__new__

    @property
    def OutputType(self) -> Any:  # noqa: N802  the compatible name
        """The type of the output, as schemas show it."""
        return _later("AnyMessage")

    # ------------------------------------------------------------ what a model's class says

    @abstractmethod
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Answer one conversation."""

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Answer one conversation without blocking; by default `_generate` in a thread."""
        manager = run_manager.get_sync() if run_manager else None
        told = run_manager_argument(self._generate, manager)
        return await run_in_executor(None, self._generate, messages, stop=stop, **told, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Answer one conversation piece by piece; `TextChunks` makes the pieces of texts."""
        raise NotImplementedError

    def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Answer piece by piece without blocking; by default `_stream` in a thread."""
        manager = run_manager.get_sync() if run_manager else None
        told = run_manager_argument(self._stream, manager)

        def stream() -> Iterator[ChatGenerationChunk]:
            chunks = self._stream(messages, stop=stop, **told, **kwargs)
            return chunks_of(self, chunks, ChatGenerationChunk)

        return iterate_in_thread(stream)

    def _combine_llm_outputs(self, _llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        """The provider's output of a `generate` of several conversations, from that of each."""
        return {}

    @override
    def _payload(self, prompt: PromptValue) -> list[BaseMessage]:
        return prompt.to_messages()

    @override
    def _provider(self) -> str:
        name = type(self).__name__
        if name.startswith("Chat"):
            return name.removeprefix("Chat").lower()
        return name.removesuffix("Chat").lower()

    @classmethod
    def _arguments_of_call(cls, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The keywords that are for the model, and what handlers are told of all of them."""
        cls._check_arguments(given)
        kwargs = dict(given)
        wanted = kwargs.pop("ls_structured_output_format", None)
        wanted = kwargs.pop("structured_output_format", None) or wanted
        told = _later("describe_format")(wanted) if wanted else {}
        return kwargs, {**kwargs, **told}

    # ------------------------------------------------------------------ inside the runs

    def _plan(
        self,
        conversations: Sequence[list[BaseMessage]],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        error_extra: Callable[..., dict[str, Any]] = failed_response,
    ) -> tuple[list[RunPlan], dict[str, Any]]:
        """One run per conversation, and the keywords that are for the model."""
        kwargs, options = self._arguments_of_call(kwargs)
        plans = self._plan_runs(
            # Handlers get a list of their own: what they do to it must not reach the model.
            [list(messages) for messages in conversations],
            configs,
            stop,
            kwargs,
            options=options,
            error_extra=error_extra,
        )
        return plans, kwargs

    def _answer_in_run(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> ChatResult:
        """Answer inside an open run: from the cache, by adding up a stream, or whole."""
        entry = None
        if self.cache is not None or get_llm_cache() is not None:
            entry = self._cache_entry(messages, stop, kwargs)
        if entry is not None and (found := entry.read()) is not None:
            return ChatResult(generations=cached_chat_generations(found))
        if self._should_stream(async_api=False, run_manager=run_manager, **kwargs):
            log = ChunkLog()
            for _ in self._tokens(log, messages, stop, run_manager, kwargs):
                pass
            result = settle_result(log.result(), run_manager)
        else:
            if self.rate_limiter is not None:
                self.rate_limiter.acquire(blocking=True)
            result = self._answer_whole(messages, stop, run_manager, kwargs)
        if entry is not None:
            entry.write(result.generations)
        return result

    async def _aanswer_in_run(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> ChatResult:
        entry = None
        if self.cache is not None or get_llm_cache() is not None:
            entry = self._cache_entry(messages, stop, kwargs)
        if entry is not None and (found := await entry.aread()) is not None:
            return ChatResult(generations=cached_chat_generations(found))
        if self._should_stream(async_api=True, run_manager=run_manager, **kwargs):
            log = ChunkLog()
            async for _ in self._atokens(log, messages, stop, run_manager, kwargs):
                pass
            result = log.result()
        else:
            if self.rate_limiter is not None:
                await self.rate_limiter.aacquire(blocking=True)
            told = run_manager_argument(self._agenerate, run_manager)
            answer = await self._agenerate(messages, stop=stop, **told, **kwargs)
            result = answer_of(self, answer, ChatResult, "_generate and _agenerate")
        result = settle_result(result, run_manager)
        if entry is not None:
            await entry.awrite(result.generations)
        return result

    def _cache_entry(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> CacheEntry | None:
        cache = resolve_cache(self.cache)
        if cache is None:
            return None
        return CacheEntry(cache, messages_key(messages), self._get_llm_string(stop, **kwargs))

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """Make the part of a cache key that stands for the model and the call's parameters."""
        return model_key(self, self._get_invocation_params(stop=stop, **kwargs))

    def _streaming_disabled(self, **kwargs: Any) -> bool:
        if self.disable_streaming is True or not kwargs.get("stream", True):
            return True
        if self.disable_streaming == "tool_calling" and kwargs.get("tools"):
            return True
        return self._set_to_stream() is False

    def _set_to_stream(self) -> bool | None:
        """The `streaming` field that some models have, if it was set."""
        if self._has_switch and "streaming" in self.model_fields_set:
            return bool(cast("Any", self).streaming)
        return None

    def _should_stream(
        self,
        *,
        async_api: bool,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> bool:
        """Whether an answer is to be streamed: the class can, and someone asks for it.

        Asked for by `stream=True` in the call, by the model's `streaming` field, or by a handler
        that passes tokens on (those behind `astream_events` and `astream_log`).
        """
        cls = type(self)
        is_able = cls._stream is not ChatRuns._stream or (
            async_api and cls._astream is not ChatRuns._astream
        )
        if not is_able:
            return False
        is_asked = (
            kwargs.get("stream")
            or (self._has_switch and self._set_to_stream())
            or (run_manager is not None and run_manager.is_tapped)
        )
        return bool(is_asked) and not self._streaming_disabled(**kwargs)

    def _tokens(
        self,
        log: ChunkLog,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> Iterator[AIMessageChunk]:
        """Stream inside an open run: each chunk is told, then logged, then handed out."""
        if self.rate_limiter is not None:
            self.rate_limiter.acquire(blocking=True)
        log.open(f"run-{run_manager.run_id}")
        stream = chunks_of(self, self._stream(messages, stop=stop, **kwargs), ChatGenerationChunk)
        check = partial(chunk_of, self, kind=ChatGenerationChunk)
        return TokenStream(stream, run_manager, log, check)

    async def _atokens(
        self,
        log: ChunkLog,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> AsyncIterator[AIMessageChunk]:
        if self.rate_limiter is not None:
            await self.rate_limiter.aacquire(blocking=True)
        log.open(f"run-{run_manager.run_id}")
        stream = achunks_of(self, self._astream(messages, stop=stop, **kwargs), ChatGenerationChunk)
        async with closing_stream(stream) as chunks:
            async for given in chunks:
                chunk = chunk_of(self, given, ChatGenerationChunk)
                message = log.shape(chunk)
                await run_manager.on_llm_new_token(message.content, chunk=chunk)
                log.add(chunk)
                yield message
        if (closing := log.closing_chunk()) is not None:
            await run_manager.on_llm_new_token("", chunk=closing)
            log.add(closing)
            yield cast("AIMessageChunk", closing.message)


def facts_of_chat(cls: type[ChatRuns]) -> ChatFacts:
    """Tell the core how models of a class answer; it asks again if the class is changed."""
    return ChatFacts(
        reads_plainly=cls._leaves("_convert_input", "_payload"),
        streams_on_request=not cls._has_switch and cls._leaves("_should_stream"),
        takes_run_manager=accepts_run_manager(cls._generate),
        tells_identity=cls._leaves("_parameters_of_call", "_get_invocation_params", "asdict"),
        metadata_is_fixed=not cls._settings_told
        and cls._leaves(
            "_metadata_of_call", "_get_ls_params", "_get_ls_params_with_defaults", "_provider"
        ),
    )
