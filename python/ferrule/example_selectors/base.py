"""`BaseExampleSelector`: what chooses the examples of a prompt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.runnables.context import run_in_executor

__all__ = ["BaseExampleSelector"]


class BaseExampleSelector(Guised, Recognising, ABC):
    """Keeps examples and chooses those that suit an input.

    A prompt takes one as its `example_selector`. The asynchronous methods call their twins in a
    thread; override those for which the subclass can do better.
    """

    @abstractmethod
    def add_example(self, example: dict[str, str]) -> Any:
        """Keep one more example: values for the variables of the prompt that shows examples."""

    async def aadd_example(self, example: dict[str, str]) -> Any:
        """Keep one more example without blocking the event loop."""
        return await run_in_executor(None, self.add_example, example)

    @abstractmethod
    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        """Return the examples for these values of the prompt's variables."""

    async def aselect_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        """Return the same as `select_examples` without blocking the event loop."""
        return await run_in_executor(None, self.select_examples, input_variables)
