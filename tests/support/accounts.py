"""Handlers that keep accounts of runs, and the laws that every account must obey."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

STARTS = (
    "on_chain_start",
    "on_chat_model_start",
    "on_llm_start",
    "on_tool_start",
    "on_retriever_start",
)
ENDS = ("on_chain_end", "on_llm_end", "on_tool_end", "on_retriever_end")
ERRORS = ("on_chain_error", "on_llm_error", "on_tool_error", "on_retriever_error")


@dataclass
class Account:
    """What one handler was told of one run."""

    id: UUID
    parent: UUID | None
    name: str
    kind: str
    ended: str | None = None
    outcome: Any = None


@dataclass
class Ledger:
    """The runs that one handler was told of, and every breach of the laws it saw."""

    runs: dict[UUID, Account] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    hear: Callable[[str, str], None] = lambda hook, name: None
    lock: Any = field(default_factory=threading.RLock)

    def start(self, hook: str, serialized: Any, kwargs: dict[str, Any]) -> None:
        """Write down a start; check that the run is new and its parent open."""
        with self.lock:
            self._check_serialized(hook, serialized)
            name = kwargs.get("name") or (serialized or {}).get("name") or ""
            run_id, parent = kwargs["run_id"], kwargs["parent_run_id"]
            if run_id in self.runs:
                self.breaches.append(f"{name} started twice")
            above = self.runs.get(parent)
            if above is not None and above.ended:
                self.breaches.append(f"{name} started after its parent {above.name} had ended")
            self.runs[run_id] = Account(run_id, parent, name, hook[3:-6])
        self.hear(hook, name)

    def _check_serialized(self, hook: str, serialized: Any) -> None:
        if not (isinstance(serialized, dict) and serialized.get("name") and serialized.get("id")):
            self.breaches.append(f"{hook} was told serialized={serialized!r}")

    def end(self, hook: str, outcome: Any, kwargs: dict[str, Any]) -> None:
        """Write down an end; check that it is the run's first, after those of its children."""
        with self.lock:
            run = self.runs.get(kwargs["run_id"])
            if run is None:
                self.breaches.append(f"{hook} of a run that never started")
                return
            if run.ended:
                self.breaches.append(f"{run.name}: {hook} after {run.ended}")
            if kwargs.get("parent_run_id") != run.parent:
                self.breaches.append(f"{run.name} ended under another parent than it started")
            late = [r.name for r in self.runs.values() if r.parent == run.id and not r.ended]
            if late:
                self.breaches.append(f"{run.name}: {hook} before the end of {late}")
            run.ended, run.outcome = hook, outcome
        self.hear(hook, run.name)

    def during(self, hook: str, kwargs: dict[str, Any]) -> None:
        """Check that an event between start and end is between them."""
        with self.lock:
            run = self.runs.get(kwargs["run_id"])
            if run is None or run.ended:
                self.breaches.append(f"{hook} of a run that is not open: {run and run.name}")
                return
        self.hear(hook, run.name)

    def named(self, name: str) -> list[Account]:
        """The runs of a name, in the order of their starts."""
        return [run for run in self.runs.values() if run.name == name]

    def check(self, above: dict[str, str | None] | None = None) -> None:
        """Assert every law: all ended once, children first, under the right parents.

        Args:
            above: For each name whose place is known, the nearest such name above it.
        """
        unended = [f"{run.kind} {run.name}" for run in self.runs.values() if not run.ended]
        assert not self.breaches, self.breaches
        assert not unended, f"never ended: {unended}"
        for run in self.runs.values():
            if above and run.name in above:
                assert self._nearest(run, above) == above[run.name], (
                    f"{run.name} ran under {self._nearest(run, above)}, not {above[run.name]}"
                )

    def _nearest(self, run: Account, names: dict[str, str | None]) -> str | None:
        # A retry's run has the name of what it retries.
        parent = self.runs.get(run.parent)
        while parent is not None and (parent.name not in names or parent.name == run.name):
            parent = self.runs.get(parent.parent)
        return parent and parent.name


def _sync_hooks(cls: type) -> type:
    def start(hook: str) -> Any:
        def tell(self: Any, serialized: Any, payload: Any, **kwargs: Any) -> None:
            self.ledger.start(hook, serialized, kwargs)

        return tell

    def end(hook: str) -> Any:
        def tell(self: Any, outcome: Any, **kwargs: Any) -> None:
            self.ledger.end(hook, outcome, kwargs)

        return tell

    for hook in STARTS:
        setattr(cls, hook, start(hook))
    for hook in (*ENDS, *ERRORS):
        setattr(cls, hook, end(hook))
    return cls


def _async_hooks(cls: type) -> type:
    def start(hook: str) -> Any:
        async def tell(self: Any, serialized: Any, payload: Any, **kwargs: Any) -> None:
            self.ledger.start(hook, serialized, kwargs)
            await self.pause()

        return tell

    def end(hook: str) -> Any:
        async def tell(self: Any, outcome: Any, **kwargs: Any) -> None:
            # Written down when the hook is called: later is no business of the core's.
            self.ledger.end(hook, outcome, kwargs)
            await self.pause()

        return tell

    for hook in STARTS:
        setattr(cls, hook, start(hook))
    for hook in (*ENDS, *ERRORS):
        setattr(cls, hook, end(hook))
    return cls


@_sync_hooks
class Accountant(BaseCallbackHandler):
    """Keeps a ledger with sync hooks."""

    def __init__(self, *, inline: bool = False, raises: bool = False) -> None:
        self.ledger = Ledger()
        self.run_inline = inline
        self.raise_error = raises

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.ledger.during("on_llm_new_token", kwargs)

    def on_retry(self, retry_state: Any, **kwargs: Any) -> None:
        self.ledger.during("on_retry", kwargs)


@_async_hooks
class AsyncAccountant(AsyncCallbackHandler):
    """Keeps a ledger with coroutine hooks, which let other tasks run."""

    def __init__(self, *, inline: bool = False, raises: bool = False, turns: int = 1) -> None:
        self.ledger = Ledger()
        self.run_inline = inline
        self.raise_error = raises
        self.turns = turns

    async def pause(self) -> None:
        for _ in range(self.turns):
            await asyncio.sleep(0)

    async def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.ledger.during("on_llm_new_token", kwargs)
