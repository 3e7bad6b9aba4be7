"""Functions that are told when a runnable's own run starts, ends or fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import Parameter, isawaitable, signature
from typing import TYPE_CHECKING, Any

from ferrule.tracers.base import AsyncBaseTracer, BaseTracer

if TYPE_CHECKING:
    from uuid import UUID

    from ferrule.runnables.config import RunnableConfig
    from ferrule.tracers.run_tree import Run

__all__ = ["AsyncListener", "AsyncRootListenersTracer", "Listener", "RootListenersTracer"]

Listener = Callable[..., None]
"""Takes the run and, if it names a parameter `config`, the config as well."""

AsyncListener = Callable[..., Awaitable[None]]
"""A `Listener` that is awaited."""


class _Listeners:
    """Which function to call for which moment of the one run that is listened to."""

    def __init__(
        self,
        config: RunnableConfig,
        on_start: Callable[..., Any] | None,
        on_end: Callable[..., Any] | None,
        on_error: Callable[..., Any] | None,
    ) -> None:
        self._config = config
        self._on_start = on_start
        self._on_end = on_end
        self._on_error = on_error
        self._root_id: UUID | None = None

    def started(self, run: Run) -> Any:
        if self._root_id is not None:
            return None
        self._root_id = run.id
        return self._call(self._on_start, run)

    def ended(self, run: Run) -> Any:
        if run.id != self._root_id:
            return None
        return self._call(self._on_end if run.error is None else self._on_error, run)

    def _call(self, listener: Callable[..., Any] | None, run: Run) -> Any:
        if listener is None:
            return None
        if _wants_config(listener):
            return listener(run, config=self._config)
        return listener(run)


def _wants_config(listener: Callable[..., Any]) -> bool:
    try:
        parameter = signature(listener).parameters.get("config")
    except (TypeError, ValueError):  # some builtins do not tell
        return False
    return parameter is not None and parameter.kind is not Parameter.POSITIONAL_ONLY


class RootListenersTracer(BaseTracer):
    """Call functions with the first run that is heard of: the one of the bound runnable.

    Args:
        config: Handed to listeners that name a parameter `config`.
        on_start: Called with the run when it has started.
        on_end: Called with the run when it has ended.
        on_error: Called with the run when it has failed.
    """

    log_missing_parent = False

    def __init__(
        self,
        *,
        config: RunnableConfig,
        on_start: Listener | None = None,
        on_end: Listener | None = None,
        on_error: Listener | None = None,
    ) -> None:
        super().__init__(_schema_format="original+chat")
        self._listeners = _Listeners(config, on_start, on_end, on_error)

    def _persist_run(self, run: Run) -> None:
        """Keep nothing: listeners are told in `_on_run_update`."""

    def _on_run_create(self, run: Run) -> None:
        self._listeners.started(run)

    def _on_run_update(self, run: Run) -> None:
        self._listeners.ended(run)


class AsyncRootListenersTracer(AsyncBaseTracer):
    """Await functions as `RootListenersTracer` calls them."""

    log_missing_parent = False

    def __init__(
        self,
        *,
        config: RunnableConfig,
        on_start: AsyncListener | None = None,
        on_end: AsyncListener | None = None,
        on_error: AsyncListener | None = None,
    ) -> None:
        super().__init__(_schema_format="original+chat")
        self._listeners = _Listeners(config, on_start, on_end, on_error)

    async def _persist_run(self, run: Run) -> None:
        """Keep nothing: listeners are told in `_on_run_update`."""

    async def _on_run_create(self, run: Run) -> None:
        await _finished(self._listeners.started(run))

    async def _on_run_update(self, run: Run) -> None:
        await _finished(self._listeners.ended(run))


async def _finished(told: Any) -> None:
    if isawaitable(told):
        await told
