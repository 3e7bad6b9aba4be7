"""Several calls under one parent run that is no runnable itself."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from ferrule import _core
from ferrule.callbacks.managers import AsyncCallbackManager, CallbackManager

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from uuid import UUID

    from typing_extensions import Self

    from ferrule.callbacks.handlers import BaseCallbackHandler
    from ferrule.callbacks.managers import BaseCallbackManager

__all__ = [
    "AsyncCallbackManagerForChainGroup",
    "CallbackManagerForChainGroup",
    "atrace_as_chain_group",
    "trace_as_chain_group",
]


class _Ending:
    """Whether a group's run has ended; shared by the group's manager and its copies."""

    def __init__(self) -> None:
        self.reached = False

    def reach(self) -> bool:
        first, self.reached = not self.reached, True
        return first


class _ChainGroup:
    """What a group's manager adds to a manager, sync or async: its run, and the run's end."""

    parent_run_manager: Any
    _ending: _Ending

    def __init__(
        self,
        handlers: list[BaseCallbackHandler],
        inheritable_handlers: list[BaseCallbackHandler] | None = None,
        parent_run_id: UUID | None = None,
        *,
        parent_run_manager: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(handlers, inheritable_handlers, parent_run_id, **kwargs)  # type: ignore[call-arg]  # a manager comes next
        self.parent_run_manager = parent_run_manager
        self._ending = _Ending()

    @property
    def ended(self) -> bool:
        """Whether the group's run has ended."""
        return self._ending.reached

    def copy(self) -> Self:
        return self._regrouped(super().copy())  # type: ignore[misc]  # a manager comes next

    def merge(self, other: BaseCallbackManager) -> Self:
        return self._regrouped(super().merge(other))  # type: ignore[misc]  # a manager comes next

    def _regrouped(self, manager: Self) -> Self:
        manager.parent_run_manager = self.parent_run_manager
        manager._ending = self._ending
        return manager


class CallbackManagerForChainGroup(_ChainGroup, CallbackManager):
    """The manager to pass as `callbacks` to the calls that belong to a group.

    Made by `trace_as_chain_group`. The group's run ends when the block does, or before that with
    `on_chain_end` or `on_chain_error`; only the first end counts.
    """

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """End the group's run with an output."""
        if self._ending.reach():
            self.parent_run_manager.on_chain_end(outputs, **kwargs)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """End the group's run with an error."""
        if self._ending.reach():
            self.parent_run_manager.on_chain_error(error, **kwargs)


class AsyncCallbackManagerForChainGroup(_ChainGroup, AsyncCallbackManager):
    """What `CallbackManagerForChainGroup` is, for async calls."""

    async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        """End the group's run with an output."""
        if self._ending.reach():
            await self.parent_run_manager.on_chain_end(outputs, **kwargs)

    async def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """End the group's run with an error."""
        if self._ending.reach():
            await self.parent_run_manager.on_chain_error(error, **kwargs)


@contextmanager
def trace_as_chain_group(
    group_name: str,
    callback_manager: CallbackManager | None = None,
    *,
    inputs: dict[str, Any] | None = None,
    project_name: str | None = None,  # noqa: ARG001  of use to a tracing service only
    example_id: str | UUID | None = None,  # noqa: ARG001  of use to a tracing service only
    run_id: UUID | None = None,
    tags: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Generator[CallbackManagerForChainGroup, None, None]:
    """Report everything that is called with the yielded manager under one chain run.

    The run starts with the block. It ends with it, too: with an error when the block raises,
    else with empty outputs, unless the block has ended it with `on_chain_end`.

    Args:
        group_name: The run's name.
        callback_manager: Whose handlers hear the group, and whose run is its parent; by default
            those of the run that is going on, if any.
        inputs: What the run reports as its input.
        project_name: Accepted for compatibility; has no effect.
        example_id: Accepted for compatibility; has no effect.
        run_id: The run's id, where it must be known beforehand.
        tags: Tags of the run and of everything in it.
        metadata: Metadata of the run and of everything in it.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> with trace_as_chain_group("both", inputs={"x": 1}) as group:
        ...     first = RunnableLambda(abs).invoke(-1, {"callbacks": group})
        ...     second = RunnableLambda(abs).invoke(-2, {"callbacks": group})
        ...     group.on_chain_end({"sum": first + second})
    """
    manager = CallbackManager.configure(
        inheritable_callbacks=_surroundings(callback_manager),
        inheritable_tags=tags,
        inheritable_metadata=metadata,
    )
    run = manager.on_chain_start(_serialized(group_name), inputs or {}, run_id=run_id)
    group = CallbackManagerForChainGroup(**run.get_child()._members(), parent_run_manager=run)
    try:
        yield group
    except BaseException as error:
        group.on_chain_error(error)
        raise
    group.on_chain_end({})


@asynccontextmanager
async def atrace_as_chain_group(
    group_name: str,
    callback_manager: AsyncCallbackManager | None = None,
    *,
    inputs: dict[str, Any] | None = None,
    project_name: str | None = None,  # noqa: ARG001  of use to a tracing service only
    example_id: str | UUID | None = None,  # noqa: ARG001  of use to a tracing service only
    run_id: UUID | None = None,
    tags: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
) -> AsyncGenerator[AsyncCallbackManagerForChainGroup, None]:
    """Report async calls under one chain run, as `trace_as_chain_group` does for sync ones.

    Example:
        >>> import asyncio
        >>> from ferrule.runnables import RunnableLambda
        >>> async def both():
        ...     async with atrace_as_chain_group("both") as group:
        ...         return await RunnableLambda(abs).ainvoke(-1, {"callbacks": group})
        >>> asyncio.run(both())
        1
    """
    manager = AsyncCallbackManager.configure(
        inheritable_callbacks=_surroundings(callback_manager),
        inheritable_tags=tags,
        inheritable_metadata=metadata,
    )
    run = await manager.on_chain_start(_serialized(group_name), inputs or {}, run_id=run_id)
    group = AsyncCallbackManagerForChainGroup(**run.get_child()._members(), parent_run_manager=run)
    try:
        yield group
    except BaseException as error:
        await group.on_chain_error(error)
        raise
    await group.on_chain_end({})


def _surroundings(callback_manager: BaseCallbackManager | None) -> Any:
    return callback_manager or _core.ensure_config().get("callbacks")


def _serialized(group_name: Any) -> dict[str, Any]:
    if not isinstance(group_name, str):
        msg = f"The name of a group is a string, got {group_name!r} ({type(group_name).__name__})."
        raise TypeError(msg)
    return {"name": group_name, "id": [group_name]}
