"""The Python half of concurrency: helper threads of the core's pool, and tasks of async code.

Sync work is shared out by the core (`rust/invoke/pool.rs`); async work is tasks of the running
loop, each in the context that it was made in.
"""

from __future__ import annotations

import threading
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any

from ferrule._core import patch_config, serve_pool, spread_config
from ferrule.runnables.cancelling import cancel_all

if TYPE_CHECKING:
    from asyncio import Future, Semaphore
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence

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


async def _gated(gate: Semaphore | None, begin: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Begin and await work; work that is cancelled before its turn is never begun."""
    if gate is None:
        return await begin()
    async with gate:
        return await begin()


def _gate(most: int | None) -> Semaphore | None:
    from asyncio import Semaphore  # noqa: PLC0415  sync programs need no asyncio

    return None if most is None else Semaphore(most)


async def _all(tasks: Sequence[Future[Any]]) -> list[Any]:
    """Wait for tasks; when one fails, cancel the others and wait for them before it is raised."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        await cancel_all(tasks)
        raise


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
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    gate = _gate(config.get("max_concurrency"))
    tasks = []
    for key, step in steps.items():
        child = patch_config(config, callbacks=run_manager.get_child(f"map:key:{key}"))
        begin = partial(step.ainvoke, value, child, **(kwargs or {}))
        tasks.append(asyncio.ensure_future(_gated(gate, begin)))
    return dict(zip(steps, await _all(tasks), strict=True))


async def _outcome(begin: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    try:
        return await begin()
    except Exception as error:  # noqa: BLE001  the caller asked for it as a value
        return error


def _jobs(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None,
    return_exceptions: bool,
    kwargs: dict[str, Any],
) -> tuple[list[Callable[[], Coroutine[Any, Any, Any]]], Semaphore | None]:
    configs, most = spread_config(config, len(inputs))
    jobs: list[Callable[[], Coroutine[Any, Any, Any]]] = [
        partial(runnable.ainvoke, value, each, **kwargs)
        for value, each in zip(inputs, configs, strict=True)
    ]
    if return_exceptions:
        jobs = [partial(_outcome, begin) for begin in jobs]
    return jobs, _gate(most)


async def run_batch(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Invoke on each input as a task; slot *i* is what became of input *i*."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    jobs, gate = _jobs(runnable, inputs, config, return_exceptions, kwargs)
    tasks: list[asyncio.Future[Any]] = []
    try:
        for begin in jobs:
            # Without a gate the run itself is the task: a coroutine around it costs as much.
            work = begin() if gate is None else _gated(gate, begin)
            tasks.append(asyncio.ensure_future(work))
    except BaseException:
        await cancel_all(tasks)
        raise
    return await _all(tasks)


async def abatch_as_completed(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> AsyncIterator[tuple[int, Any]]:
    """Invoke on each input as a task; yield input numbers and outputs as they come."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    jobs, gate = _jobs(runnable, inputs, config, return_exceptions, kwargs)

    async def numbered(
        number: int, begin: Callable[[], Coroutine[Any, Any, Any]]
    ) -> tuple[int, Any]:
        return number, await _gated(gate, begin)

    tasks = [asyncio.ensure_future(numbered(*pair)) for pair in enumerate(jobs)]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        await cancel_all(tasks)
