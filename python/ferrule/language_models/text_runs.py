"""`TextRuns`: what a text model does inside its runs.

The public methods of `BaseLLM` read their prompts and call `_ask` (whole answers) or `_pieces`
(a stream); the model's class says how to reach its provider.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ferrule.language_models.base import BaseLanguageModel, ModelKind
from ferrule.language_models.call_shape import arguments_of, run_manager_argument
from ferrule.language_models.open_runs import OpenRuns
from ferrule.language_models.response_cache import CacheEntry, model_key, resolve_cache
from ferrule.language_models.returned import achunks_of, answer_of, chunk_of, chunks_of
from ferrule.language_models.text_result import Answers, TextLog, no_response
from ferrule.outputs import GenerationChunk, LLMResult
from ferrule.prompt_values import StringPromptValue
from ferrule.runnables.blocking_stream import iterate_in_thread
from ferrule.runnables.closing import close, closing_stream
from ferrule.runnables.config import run_in_executor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from ferrule._core import RunPlan
    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from ferrule.prompt_values import PromptValue
    from ferrule.runnables import RunnableConfig

__all__ = ["TextRuns"]


class TextRuns(BaseLanguageModel[str]):
    """What the class of a text model may define, and the inside of its runs."""

    _run_kind: ClassVar[ModelKind] = "llm"

    @property
    def OutputType(self) -> type[str]:  # noqa: N802  the compatible name
        """The type of the output, as schemas show it."""
        return str

    # ------------------------------------------------------------ what a model's class says

    @abstractmethod
    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer the prompts, in their order."""

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer the prompts without blocking; by default `_generate` in a thread."""
        manager = run_manager.get_sync() if run_manager else None
        told = run_manager_argument(self._generate, manager)
        return await run_in_executor(None, self._generate, prompts, stop=stop, **told, **kwargs)

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        """Answer one prompt piece by piece."""
        raise NotImplementedError

    def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        """Answer piece by piece without blocking; by default `_stream` in a thread."""
        manager = run_manager.get_sync() if run_manager else None
        told = run_manager_argument(self._stream, manager)

        def stream() -> Iterator[GenerationChunk]:
            chunks = self._stream(prompt, stop=stop, **told, **kwargs)
            return chunks_of(self, chunks, GenerationChunk)

        return iterate_in_thread(stream)

    @override
    def _provider(self) -> str:
        return type(self).__name__.removesuffix("LLM").lower()

    @override
    def _payload(self, prompt: PromptValue) -> str:
        return prompt.to_string()

    # ------------------------------------------------------------------ inside the runs

    def _ask(
        self,
        prompts: list[str],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> LLMResult:
        """Answer prompts that were read already, by the class's own `generate` if it has one."""
        if not self._has_own_generate:
            return self._complete(prompts, configs, stop, kwargs)
        asked = _as_values(prompts)
        return self.generate_prompt(asked, stop=stop, **arguments_of(configs), **kwargs)

    async def _aask(
        self,
        prompts: list[str],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> LLMResult:
        if not self._has_own_agenerate:
            return await self._acomplete(prompts, configs, stop, kwargs)
        asked = _as_values(prompts)
        return await self.agenerate_prompt(asked, stop=stop, **arguments_of(configs), **kwargs)

    def _complete(
        self,
        prompts: list[str],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> LLMResult:
        """Open the runs, answer what the cache does not know, and end the runs."""
        with OpenRuns(self._plan(prompts, configs, stop, kwargs)) as runs:
            entries = self._cache_entries(prompts, stop, kwargs)
            answers = Answers([entry and entry.read() for entry in entries])
            if missing := answers.missing:
                run = runs[missing[0]]
                told = run_manager_argument(self._generate, run.run_manager)
                asked = [prompts[index] for index in missing]
                answer = run.call(self._generate, asked, stop=stop, **told, **kwargs)
                result = answer_of(self, answer, LLMResult, "_generate")
                for index, candidates in answers.add(result):
                    if (entry := entries[index]) is not None:
                        entry.write(candidates)
            return answers.settle(runs)

    async def _acomplete(
        self,
        prompts: list[str],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> LLMResult:
        async with OpenRuns(self._plan(prompts, configs, stop, kwargs)) as runs:
            entries = self._cache_entries(prompts, stop, kwargs)
            answers = Answers([entry and await entry.aread() for entry in entries])
            if missing := answers.missing:
                run = runs[missing[0]]
                told = run_manager_argument(self._agenerate, run.run_manager)
                asked = [prompts[index] for index in missing]
                answer = await run.acall(self._agenerate, asked, stop=stop, **told, **kwargs)
                result = answer_of(self, answer, LLMResult, "_generate and _agenerate")
                for index, candidates in answers.add(result):
                    if (entry := entries[index]) is not None:
                        await entry.awrite(candidates)
            return answers.settle(runs)

    def _cache_entries(
        self, prompts: list[str], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> list[CacheEntry | None]:
        cache = resolve_cache(self.cache)
        if cache is None:
            return [None] * len(prompts)
        model = model_key(self, self._get_invocation_params(stop=stop, **kwargs))
        return [CacheEntry(cache, prompt, model) for prompt in prompts]

    def _pieces(
        self,
        log: TextLog,
        prompt: str,
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> Iterator[str]:
        told = run_manager_argument(self._stream, run_manager)
        stream = chunks_of(self, self._stream(prompt, stop=stop, **told, **kwargs), GenerationChunk)
        try:
            for given in stream:
                chunk = chunk_of(self, given, GenerationChunk)
                log.chunks.append(chunk)
                yield chunk.text
        finally:
            close(stream)
        log.check()

    async def _apieces(
        self,
        log: TextLog,
        prompt: str,
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> AsyncIterator[str]:
        told = run_manager_argument(self._astream, run_manager)
        stream = achunks_of(
            self, self._astream(prompt, stop=stop, **told, **kwargs), GenerationChunk
        )
        async with closing_stream(stream) as chunks:
            async for given in chunks:
                chunk = chunk_of(self, given, GenerationChunk)
                log.chunks.append(chunk)
                yield chunk.text
        log.check()

    def _plan(
        self,
        prompts: list[str],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        error_extra: Callable[..., dict[str, Any]] = no_response,
    ) -> list[RunPlan]:
        self._check_arguments(kwargs)
        return self._plan_runs(prompts, configs, stop, kwargs, error_extra=error_extra)


def _as_values(prompts: list[str]) -> list[PromptValue]:
    return [StringPromptValue(text=prompt) for prompt in prompts]
