"""From what a text model's methods give to what handlers and callers get.

`TextLog` is for streams, `Answers` for requests of several prompts, some of which may be answered
by the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule.outputs import GenerationChunk, LLMResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ferrule.language_models.open_runs import OpenRuns
    from ferrule.outputs import Generation

__all__ = ["Answers", "TextLog", "no_response"]


def no_response(_error: BaseException) -> dict[str, LLMResult]:
    """Make what the error event of a request is told besides the error."""
    return {"response": LLMResult._trusted(generations=[])}


class TextLog:
    """The chunks of one run, in order, and what they amount to."""

    __slots__ = ("chunks",)

    def __init__(self) -> None:
        self.chunks: list[GenerationChunk] = []

    def check(self) -> None:
        """Refuse a stream that ended without a chunk.

        Raises:
            ValueError: If there is none.
        """
        if not self.chunks:
            msg = "The model's stream ended without a single chunk."
            raise ValueError(msg)

    def response(self, _handed_out: object = None) -> LLMResult:
        """Make what the run ends with: the sum of the chunks so far."""
        if not self.chunks:
            return LLMResult._trusted(generations=[])
        return LLMResult._trusted(generations=[[GenerationChunk.merge_chunks(self.chunks)]])

    def failed_response(
        self, _error: BaseException, _handed_out: object = None
    ) -> dict[str, LLMResult]:
        """Make what the error event is told besides the error: the sum of the chunks so far."""
        return {"response": self.response()}


class Answers:
    """One response per prompt: from the cache, or from one request for all the others.

    Args:
        cached: For each prompt what the cache has, or None.
    """

    def __init__(self, cached: Sequence[Sequence[Generation] | None]) -> None:
        self._responses = [
            None if found is None else LLMResult._trusted(generations=[list(found)])
            for found in cached
        ]
        self._llm_output: dict[str, Any] | None = {}

    @property
    def missing(self) -> list[int]:
        """The indexes of the prompts without a response."""
        return [index for index, one in enumerate(self._responses) if one is None]

    def add(self, result: LLMResult) -> list[tuple[int, list[Any]]]:
        """Take the result of a request for the missing prompts, and say which got what.

        Raises:
            ValueError: If it does not have one list of candidates for each of them, or one of
                these is empty.
        """
        missing = self.missing
        if len(result.generations) != len(missing):
            msg = (
                f"The model answered {len(result.generations)} of {len(missing)} prompts: its "
                "_generate must return one list of generations for each prompt."
            )
            raise ValueError(msg)
        if not all(result.generations):
            msg = (
                "The model's answer has no generation for a prompt: its _generate must return at "
                "least one for each."
            )
            raise ValueError(msg)
        for index, response in zip(missing, result.flatten(), strict=True):
            self._responses[index] = response
        self._llm_output = result.llm_output
        return list(zip(missing, result.generations, strict=True))

    def settle(self, runs: OpenRuns) -> LLMResult:
        """End each run with its response, and return all of them as one result."""
        responses = [one for one in self._responses if one is not None]
        for index, response in enumerate(responses):
            runs.settle(index, response)
        return LLMResult._trusted(
            generations=[response.generations[0] for response in responses],
            llm_output=self._llm_output,
            run=runs.infos,
        )
