"""Events of the user's own, sent to the handlers of the run that is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ferrule import _core
from ferrule.callbacks.managers import AsyncCallbackManager, BaseCallbackManager, CallbackManager

if TYPE_CHECKING:
    from ferrule.runnables.config import RunnableConfig

__all__ = ["adispatch_custom_event", "dispatch_custom_event"]

_Manager = TypeVar("_Manager", bound=BaseCallbackManager)


def dispatch_custom_event(name: str, data: Any, *, config: RunnableConfig | None = None) -> None:
    """Send an event to the handlers of the current run, as `on_custom_event`.

    Returns when all handlers have heard it. The event bears the id, tags and metadata of the
    run that sends it.

    Args:
        name: What handlers and filters know the event by.
        data: Handed to the handlers as it is.
        config: Taken from the surroundings where it is not given.

    Raises:
        RuntimeError: Outside of a run.
        TypeError: If the name is no string.

    Example:
        >>> from ferrule.callbacks import BaseCallbackHandler
        >>> from ferrule.runnables import RunnableLambda
        >>> class Progress(BaseCallbackHandler):
        ...     def on_custom_event(self, name, data, **kwargs):
        ...         print(name, data)
        >>> def work(x):
        ...     dispatch_custom_event("progress", {"done": x})
        ...     return x
        >>> RunnableLambda(work).invoke(7, {"callbacks": [Progress()]})
        progress {'done': 7}
        7
    """
    manager = _current(CallbackManager, name, config)
    manager.on_custom_event(name, data, run_id=manager.parent_run_id)


async def adispatch_custom_event(
    name: str, data: Any, *, config: RunnableConfig | None = None
) -> None:
    """Send an event as `dispatch_custom_event` does, and await the handlers.

    Example:
        >>> import asyncio
        >>> from ferrule.runnables import RunnableLambda
        >>> async def work(x):
        ...     await adispatch_custom_event("progress", {"done": x})
        ...     return x
        >>> asyncio.run(RunnableLambda(work).ainvoke(7))
        7
    """
    manager = _current(AsyncCallbackManager, name, config)
    await manager.on_custom_event(name, data, run_id=manager.parent_run_id)


def _current(kind: type[_Manager], event: str, config: RunnableConfig | None) -> _Manager:
    given: Any = event
    if not isinstance(given, str):
        msg = f"The name of an event is a string, got {given!r} ({type(given).__name__})."
        raise TypeError(msg)
    complete = _core.ensure_config(config)
    manager = kind.configure(
        inheritable_callbacks=complete.get("callbacks"),
        inheritable_tags=complete.get("tags"),
        inheritable_metadata=complete.get("metadata"),
    )
    if manager.parent_run_id is None:
        msg = (
            f"The event {event!r} was sent outside of a run. Send events from inside a runnable "
            "or tool; if this is inside one, pass the config that it was given."
        )
        raise RuntimeError(msg)
    return manager
