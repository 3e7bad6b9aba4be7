"""`BaseLLM`: text in, text out.

A model's class says how to reach its provider; ferrule does the rest. What happens inside a run
is in `text_runs`. `LLM` is for models that answer one prompt at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ferrule.language_models.call_shape import configs_per_prompt, run_manager_argument
from ferrule.language_models.returned import answer_of
from ferrule.language_models.text_batch import TextBatch
from ferrule.language_models.text_result import TextLog
from ferrule.language_models.text_runs import TextRuns
from ferrule.outputs import Generation, LLMResult
from ferrule.runnables.config import run_in_executor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from uuid import UUID

    from ferrule.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
        Callbacks,
    )
    from ferrule.language_models.base import LanguageModelInput
    from ferrule.runnables import RunnableConfig

__all__ = ["LLM", "BaseLLM"]


class BaseLLM(TextRuns):
    """The base of text models that answer many prompts in one request.

    A subclass must define `_generate` and `_llm_type`. `_agenerate` then runs `_generate` in a
    thread; `_stream` makes `stream` give pieces, and `astream` too (in a thread) unless there is
    an `_astream`. None of them reports the run's start, end or errors; `_stream` reports tokens
    with `run_manager.on_llm_new_token` before it yields them. A method may leave out the
    `run_manager` parameter.

    Each prompt is one run: its handlers hear `on_llm_start`, and `on_llm_end` or `on_llm_error`
    once. What a request for several prompts reports belongs to the run of the first of them.
    """

    # ----------------------------------------------------------------- one prompt, or many

    @override
    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Answer one prompt.

        Args:
            input: A prompt value, a text, or messages in any accepted form (they become text).
            config: Callbacks, tags, metadata and further settings of this call.
            stop: Texts at which the model stops.
            **kwargs: Arguments that the model passes on to its provider.
        """
        prompt = self._payload(self._convert_input(input))
        return self._ask([prompt], [config], stop, kwargs).generations[0][0].text

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Answer one prompt without blocking the event loop."""
        prompt = self._payload(self._convert_input(input))
        result = await self._aask([prompt], [config], stop, kwargs)
        return result.generations[0][0].text

    @override
    def batch(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Answer many inputs with one request, or with one for each `max_concurrency` of them.

        With `return_exceptions`, an input that is no prompt has its own exception as its result,
        and the inputs of a request that failed have that request's.
        """
        batch = self._batch(inputs, config, is_lenient=return_exceptions)
        for request in batch.requests:
            with batch.answering(request.slots):
                batch.fill(request, self._ask(request.prompts, request.configs, stop, kwargs))
        return batch.outputs

    @override
    async def abatch(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Answer many inputs as `batch` does, without blocking the event loop."""
        batch = self._batch(inputs, config, is_lenient=return_exceptions)
        for request in batch.requests:
            with batch.answering(request.slots):
                answer = self._aask(request.prompts, request.configs, stop, kwargs)
                batch.fill(request, await answer)
        return batch.outputs

    def _batch(
        self,
        inputs: Sequence[LanguageModelInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None,
        *,
        is_lenient: bool,
    ) -> TextBatch:
        return TextBatch(
            inputs,
            config,
            lambda value: self._payload(self._convert_input(value)),
            is_lenient=is_lenient,
        )

    def generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] | None = None,
        *,
        tags: list[str] | list[list[str]] | None = None,
        metadata: dict[str, Any] | list[dict[str, Any]] | None = None,
        run_name: str | list[str] | None = None,
        run_id: UUID | list[UUID | None] | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several prompts with one request, each in a run of its own.

        All runs start before the request and end after it. Prompts that the cache knows are not
        sent; their runs end with what it has. If the request fails, every run fails with its
        exception.

        Args:
            prompts: The prompts.
            stop: Texts at which the model stops.
            callbacks: Handlers, or a manager with its parent run, for all runs; or a list of
                these, one for each prompt. `tags`, `metadata` and `run_name` are then lists, too.
            tags: Tags of the runs.
            metadata: Metadata of the runs.
            run_name: Name of the runs.
            run_id: Id of the first run (the others get ids of their own), or one for each run.
            **kwargs: Arguments that the model passes on to its provider.

        Returns:
            The candidates for each prompt, and the ids of the runs as `run`.
        """
        configs = _configs(prompts, callbacks, tags, metadata, run_name, run_id)
        return self._complete(prompts, configs, stop, kwargs)

    async def agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] | None = None,
        *,
        tags: list[str] | list[list[str]] | None = None,
        metadata: dict[str, Any] | list[dict[str, Any]] | None = None,
        run_name: str | list[str] | None = None,
        run_id: UUID | list[UUID | None] | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several prompts as `generate` does, without blocking the event loop."""
        configs = _configs(prompts, callbacks, tags, metadata, run_name, run_id)
        return await self._acomplete(prompts, configs, stop, kwargs)

    # -------------------------------------------------------------------------- streaming

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[str]:
        """Answer one prompt piece by piece; in one piece if the model cannot stream.

        Closing the iterator ends the run with the pieces so far.
        """
        cls = type(self)
        if cls._stream is BaseLLM._stream:
            return self._whole(input, config, stop, kwargs)
        prompt = self._payload(self._convert_input(input))
        log = TextLog()
        (plan,) = self._plan([prompt], [config], stop, kwargs, log.failed_response)
        return plan.stream(lambda run: self._pieces(log, prompt, stop, run, kwargs), log.response)

    @override
    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[str]:
        """Answer piece by piece as `stream` does, without blocking the event loop."""
        cls = type(self)
        if cls._astream is BaseLLM._astream and cls._stream is BaseLLM._stream:
            return self._awhole(input, config, stop, kwargs)
        prompt = self._payload(self._convert_input(input))
        log = TextLog()
        (plan,) = self._plan([prompt], [config], stop, kwargs, log.failed_response)
        return plan.astream(lambda run: self._apieces(log, prompt, stop, run, kwargs), log.response)


class LLM(BaseLLM):
    """The base of text models that answer one prompt at a time.

    A subclass must define `_call` and `_llm_type`. `_acall` then runs `_call` in a thread.

    Example:
        >>> class Reverse(LLM):
        ...     @property
        ...     def _llm_type(self):
        ...         return "reverse"
        ...     def _call(self, prompt, stop=None, run_manager=None, **kwargs):
        ...         return prompt[::-1]
        >>> Reverse().invoke("stressed")
        'desserts'
    """

    @abstractmethod
    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        """Answer one prompt."""

    async def _acall(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        """Answer one prompt without blocking; by default `_call` in a thread."""
        manager = run_manager.get_sync() if run_manager else None
        told = run_manager_argument(self._call, manager)
        return await run_in_executor(None, self._call, prompt, stop=stop, **told, **kwargs)

    @override
    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        told = run_manager_argument(self._call, run_manager)
        return self._one_each(
            [self._call(prompt, stop=stop, **told, **kwargs) for prompt in prompts], "_call"
        )

    @override
    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        told = run_manager_argument(self._acall, run_manager)
        return self._one_each(
            [await self._acall(prompt, stop=stop, **told, **kwargs) for prompt in prompts],
            "_call and _acall",
        )

    def _one_each(self, texts: list[str], methods: str) -> LLMResult:
        answers = [
            [Generation._trusted(text=answer_of(self, text, str, methods))] for text in texts
        ]
        return LLMResult._trusted(generations=answers)


def _configs(
    prompts: Any,
    callbacks: Any,
    tags: Any,
    metadata: Any,
    run_name: Any,
    run_id: Any,
) -> list[RunnableConfig]:
    if not isinstance(prompts, list):
        msg = f"generate takes a list of prompts, not {type(prompts).__name__}: {prompts!r}."
        raise ValueError(msg)  # noqa: TRY004  the compatible class
    for prompt in prompts:
        if not isinstance(prompt, str):
            msg = (
                "generate takes a list of prompts, each a string; "
                f"one of them is of type {type(prompt).__name__}: {prompt!r}."
            )
            raise TypeError(msg)
    return configs_per_prompt(
        len(prompts),
        callbacks=callbacks,
        tags=tags,
        metadata=metadata,
        run_name=run_name,
        run_id=run_id,
    )
