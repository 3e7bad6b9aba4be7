"""The Python half of concurrency: helper threads of the core's pool, and tasks of async code.

Sync work is shared out by the core (`rust/invoke/pool.rs`); async work is tasks of the running
loop, each in the context that it was made in.
"""

from __future__ import annotations

import threading
from contextvars import Context
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from ferrule._core import Tally, patch_config, serve_pool, spread_config
from ferrule.runnables.cancelling import cancel_all

if TYPE_CHECKING:
    from asyncio import Semaphore, Task
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Coroutine,
        Iterable,
        Mapping,
        Sequence,
    )

    from ferrule.callbacks.run_managers import AsyncCallbackManagerForChainRun
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig

__all__ = [
    "abatch_as_completed",
    "run_batch",
    "run_side_by_side",
    "start_helper",
]


def start_helper() -> None:
    """Start a daemon thread that takes part in batches for the rest of the process's life."""
    thread = threading.Thread(target=serve_pool, name="ferrule-helper", daemon=True)
    # From Python 3.14 on, threads may keep the context that they are started in: a run's, here.
    Context().run(thread.start)


async def _gated(
    gate: Semaphore | None, begin: Callable[..., Awaitable[Any]], *arguments: Any
) -> Any:
    """Begin and await work; work that is cancelled before its turn is never begun."""
    if gate is None:
        return await begin(*arguments)
    async with gate:
        return await begin(*arguments)


def _gate(most: int | None) -> Semaphore | None:
    from asyncio import Semaphore  # noqa: PLC0415  sync programs need no asyncio

    return None if most is None else Semaphore(most)


async def _run_all(
    works: Iterable[Awaitable[Any]], size: int, *, return_exceptions: bool = False
) -> list[Any]:
    """Run each of `size` awaitables as a task; return what they return, in their order.

    Raises:
        BaseException: The first failure, or a cancellation of the caller, when the other tasks
            have been cancelled and have ended. With `return_exceptions` an `Exception` is no
            failure, but returned in its place.
    """
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    loop = asyncio.get_running_loop()
    tally = Tally(loop, size, return_exceptions)
    tasks: list[Task[Any]] = []
    try:
        for number, work in enumerate(works):
            tasks.append(loop.create_task(tally.counted(number, work)))
        failed = await tally.ended if tasks else None
    except BaseException:
        await cancel_all(tasks)
        raise
    if failed is not None:
        await cancel_all(tasks)
        tasks[failed].result()  # raises it
    return [_outcome(task) if return_exceptions else task.result() for task in tasks]


def _outcome(task: Task[Any]) -> Any:
    error = task.exception()
    return task.result() if error is None else error


async def run_side_by_side(
    value: Any,
    *,
    steps: Mapping[Any, Runnable[Any, Any]],
    kwargs: dict[str, Any] | None,
    run_manager: AsyncCallbackManagerForChainRun,
    config: RunnableConfig,
) -> dict[Any, Any]:
    """Run the branches of a parallel as tasks.

    Raises:
        BaseException: The first failure, when the other branches have been cancelled and ended.
    """
    gate = _gate(config.get("max_concurrency"))

    def branch(key: Any, step: Runnable[Any, Any]) -> Coroutine[Any, Any, Any]:
        child = patch_config(config, callbacks=run_manager.get_child(f"map:key:{key}"))
        return _gated(gate, partial(step.ainvoke, value, child, **(kwargs or {})))

    works = (branch(key, step) for key, step in steps.items())
    return dict(zip(steps, await _run_all(works, len(steps)), strict=True))


async def run_batch(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Invoke on each input as a task; slot *i* is what became of input *i*."""
    configs, most = spread_config(config, len(inputs))
    begin: Callable[..., Awaitable[Any]] = partial(runnable.ainvoke, **kwargs)
    if most is not None:
        begin = partial(_gated, _gate(most), begin)
    works = map(begin, inputs, configs)
    return await _run_all(works, len(inputs), return_exceptions=return_exceptions)


async def abatch_as_completed(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> AsyncIterator[tuple[int, Any]]:
    """Invoke on each input as a task; yield input numbers and outputs as they come."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    configs, most = spread_config(config, len(inputs))
    gate = _gate(most)

    async def numbered(number: int, value: Any, each: RunnableConfig | None) -> tuple[int, Any]:
        try:
            return number, await _gated(gate, partial(runnable.ainvoke, **kwargs), value, each)
        except Exception as error:
            if not return_exceptions:
                raise
            return number, error

    works = map(numbered, count(), inputs, configs)
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        await cancel_all(tasks)
