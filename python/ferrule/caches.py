"""Response caches: what a model said before, found again by prompt and configuration.

A model consults its cache when it is invoked (`cache=` on the model, else the global one of
`ferrule.globals`); streaming never does.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.outputs import Generation
from ferrule.runnables.context import run_in_executor

__all__ = ["RETURN_VAL_TYPE", "BaseCache", "InMemoryCache"]

RETURN_VAL_TYPE = Sequence[Generation]


class BaseCache(Guised, Recognising, ABC):
    """A store of model responses, keyed by prompt and model configuration.

    Subclasses write the three blocking methods. The async ones run those in a thread; override
    them where the store can be awaited. One cache may be shared by models, threads and tasks.
    """

    @abstractmethod
    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """Return the generations stored for this pair, or None when there are none.

        Args:
            prompt: The prompt as text; of a chat model, its messages as JSON without their ids.
            llm_string: The model, its parameters and the call's, as text.
        """

    @abstractmethod
    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Store the generations for this pair, in place of any earlier ones."""

    @abstractmethod
    def clear(self, **kwargs: Any) -> None:
        """Forget every entry, or those that the implementation's keywords select."""

    async def alookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """Await `lookup`, which runs in a thread unless this is overridden."""
        return await run_in_executor(None, self.lookup, prompt, llm_string)

    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Await `update`, which runs in a thread unless this is overridden."""
        await run_in_executor(None, self.update, prompt, llm_string, return_val)

    async def aclear(self, **kwargs: Any) -> None:
        """Await `clear`, which runs in a thread unless this is overridden."""
        await run_in_executor(None, self.clear, **kwargs)


class InMemoryCache(BaseCache):
    """A cache in this process's memory, safe to use from several threads.

    Args:
        maxsize: Most entries to keep; storing one more drops the entry stored first. None keeps
            every entry.

    Raises:
        TypeError: If `maxsize` is no int.
        ValueError: If `maxsize` is below 1.

    Example:
        >>> cache = InMemoryCache(maxsize=1000)
        >>> cache.update("2 + 2?", "some-model", [Generation(text="4")])
        >>> cache.lookup("2 + 2?", "some-model")
        [Generation(text='4')]
        >>> cache.lookup("2 + 2?", "another-model") is None
        True
    """

    def __init__(self, *, maxsize: int | None = None) -> None:
        given: Any = maxsize
        if not isinstance(given, (int, type(None))):
            msg = f"maxsize is an int or None, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        if maxsize is not None and maxsize < 1:
            msg = f"maxsize must be at least 1 or None for no limit, not {maxsize!r}."
            raise ValueError(msg)
        self._maxsize = maxsize
        self._entries: dict[tuple[str, str], RETURN_VAL_TYPE] = {}
        self._lock = threading.Lock()

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        return self._entries.get((prompt, llm_string))

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        key = (prompt, llm_string)
        with self._lock:
            if key not in self._entries and len(self._entries) == self._maxsize:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = return_val

    def clear(self, **kwargs: Any) -> None:  # noqa: ARG002  the interface's keywords
        with self._lock:
            self._entries.clear()

    async def alookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        return self.lookup(prompt, llm_string)

    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        self.update(prompt, llm_string, return_val)

    async def aclear(self, **kwargs: Any) -> None:
        self.clear(**kwargs)
