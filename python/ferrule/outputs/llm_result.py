"""`LLMResult`: what hooks get when a model run ends."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

from pydantic import Field
from typing_extensions import override

from ferrule.load.trusted import TrustedModel
from ferrule.outputs.chat_generation import ChatGeneration, ChatGenerationChunk
from ferrule.outputs.generation import Generation, GenerationChunk
from ferrule.outputs.run_info import RunInfo

__all__ = ["LLMResult"]


class LLMResult(TrustedModel):  # noqa: PLW1641  its lists can change
    """The answers of a model to one or several prompts.

    Two results are equal when their generations and `llm_output` are; the runs do not matter.

    Example:
        >>> print(LLMResult(generations=[[Generation(text="3")]]))
        generations=[[Generation(text='3')]] llm_output=None run=None
    """

    generations: list[list[Generation | ChatGeneration | GenerationChunk | ChatGenerationChunk]]
    """For each prompt its candidates, best first."""
    llm_output: dict[str, Any] | None = None
    """What else the provider told about the call."""
    run: list[RunInfo] | None = None
    """For each prompt the run that answered it."""
    type: Literal["LLMResult"] = Field(default="LLMResult", repr=False)

    def flatten(self) -> list[LLMResult]:
        """Return one result per prompt, in order.

        Only the first one keeps the `token_usage` of `llm_output`, so that sums over the list
        count the tokens of the call once.
        """
        results: list[LLMResult] = []
        output = self.llm_output
        for candidates in self.generations:
            if results and output is not None:
                output = {**deepcopy(output), "token_usage": {}}
            results.append(LLMResult._trusted(generations=[candidates], llm_output=output))
        return results

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LLMResult):
            return NotImplemented
        return (self.generations, self.llm_output) == (other.generations, other.llm_output)
