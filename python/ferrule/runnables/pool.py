"""The Python half of concurrency: helper threads of the core's pool, and tasks of async code.

Sync work is shared out by the core (`rust/invoke/pool.rs`). Async work is begun at once, each piece
in a context of its own; what suspends goes on as a task of the running loop.
"""

from __future__ import annotations

import threading
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ferrule._core import begin_side_by_side, patch_config, serve_pool, spread_config
from ferrule.runnables.cancelling import cancel_all

if TYPE_CHECKING:
    from asyncio import Semaphore
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence

    from ferrule.callbacks.run_managers import AsyncCallbackManagerForChainRun
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig

    _Job: TypeAlias = Callable[[], Coroutine[Any, Any, Any]]

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


async def _gated(gate: Semaphore, begin: _Job) -> Any:
    """Begin and await work; work that is cancelled before its turn is never begun."""
    async with gate:
        return await begin()


def _in_turn(jobs: list[_Job], most: int | None) -> list[_Job]:
    """Return jobs of which no more than `most` are under way at once."""
    from asyncio import Semaphore  # noqa: PLC0415  sync programs need no asyncio

    if most is None:
        return jobs
    gate = Semaphore(most)
    return [partial(_gated, gate, job) for job in jobs]


async def _all(jobs: list[_Job]) -> list[Any]:
    """Do jobs; when one fails, cancel the others and wait for them before it is raised."""
    outputs, tasks, failure = begin_side_by_side(jobs)
    if failure is not None:
        await cancel_all(tasks.values())
        raise failure
    if tasks:
        import asyncio  # noqa: PLC0415  sync programs need no asyncio

        try:
            later = await asyncio.gather(*tasks.values())
        except BaseException:
            await cancel_all(tasks.values())
            raise
        for place, output in zip(tasks, later, strict=True):
            outputs[place] = output
    return outputs


async def run_side_by_side(
    value: Any,
    *,
    steps: Mapping[Any, Runnable[Any, Any]],
    kwargs: dict[str, Any] | None,
    run_manager: AsyncCallbackManagerForChainRun,
    config: RunnableConfig,
) -> dict[Any, Any]:
    """Run the branches of a parallel.

    Raises:
        BaseException: The first failure, when the other branches have been cancelled and ended.
    """
    jobs: list[_Job] = []
    for key, step in steps.items():
        child = patch_config(config, callbacks=run_manager.get_child(f"map:key:{key}"))
        jobs.append(partial(step.ainvoke, value, child, **(kwargs or {})))
    outputs = await _all(_in_turn(jobs, config.get("max_concurrency")))
    return dict(zip(steps, outputs, strict=True))


async def _outcome(begin: _Job) -> Any:
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
) -> list[_Job]:
    configs, most = spread_config(config, len(inputs))
    jobs: list[_Job] = [
        partial(runnable.ainvoke, value, each, **kwargs)
        for value, each in zip(inputs, configs, strict=True)
    ]
    if return_exceptions:
        jobs = [partial(_outcome, begin) for begin in jobs]
    return _in_turn(jobs, most)


async def run_batch(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Invoke on each input; slot *i* is what became of input *i*."""
    return await _all(_jobs(runnable, inputs, config, return_exceptions, kwargs))


async def abatch_as_completed(
    runnable: Runnable[Any, Any],
    inputs: Sequence[Any],
    config: RunnableConfig | Sequence[RunnableConfig] | None = None,
    return_exceptions: bool = False,
    **kwargs: Any,
) -> AsyncIterator[tuple[int, Any]]:
    """Invoke on each input as a task; yield input numbers and outputs as they come."""
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    jobs = _jobs(runnable, inputs, config, return_exceptions, kwargs)

    async def numbered(number: int, begin: _Job) -> tuple[int, Any]:
        return number, await begin()

    tasks = [asyncio.ensure_future(numbered(*pair)) for pair in enumerate(jobs)]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        await cancel_all(tasks)
