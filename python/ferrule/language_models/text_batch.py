"""How a batch of inputs becomes requests of a text model, and their answers its outputs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ferrule._core import get_config_list, input_list

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ferrule.outputs import LLMResult
    from ferrule.runnables import RunnableConfig

__all__ = ["TextBatch", "TextRequest"]


class TextRequest(NamedTuple):
    """Prompts that are sent together, with the config of each and its place in the batch."""

    slots: list[int]
    prompts: list[str]
    configs: list[RunnableConfig]


class TextBatch:
    """The requests of a batch, and its outputs, one for each input.

    A request holds as many prompts as `max_concurrency` of the first config allows. A lenient
    batch has exceptions among its outputs: that of an input which is no prompt in its own slot,
    that of a request in the slots of its prompts. Any other batch raises them.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | Sequence[RunnableConfig] | None,
        as_prompt: Callable[[Any], str],
        *,
        is_lenient: bool,
    ) -> None:
        values = input_list(inputs)
        configs = get_config_list(config, len(values))
        self.outputs: list[Any] = [None] * len(values)
        self._is_lenient = is_lenient
        prompts: dict[int, str] = {}
        for slot, value in enumerate(values):
            with self.answering([slot]):
                prompts[slot] = as_prompt(value)
        slots = list(prompts)
        size = (configs[0].get("max_concurrency") if configs else None) or len(slots) or 1
        self.requests = [
            TextRequest(part, [prompts[slot] for slot in part], [configs[slot] for slot in part])
            for part in (slots[start : start + size] for start in range(0, len(slots), size))
        ]

    @contextmanager
    def answering(self, slots: list[int]) -> Generator[None, None, None]:
        """Make an exception of the block the output of these slots, if the batch is lenient."""
        try:
            yield
        except Exception as error:
            if not self._is_lenient:
                raise
            for slot in slots:
                self.outputs[slot] = error

    def fill(self, request: TextRequest, response: LLMResult) -> None:
        """Make the first candidate for each prompt of a request an output."""
        for slot, candidates in zip(request.slots, response.generations, strict=True):
            self.outputs[slot] = candidates[0].text
