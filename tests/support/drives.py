"""Ways to run a runnable: to the end, stopped early, cancelled, many at once."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.runnables import Runnable, RunnableConfig

INPUT = "x"


# -- sync --------------------------------------------------------------------------------------


def invoke(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke once."""
    return runnable.invoke(INPUT, config)


def batch(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke on several inputs."""
    return runnable.batch([INPUT] * 3, config)


def batch_with_exceptions(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke on several inputs, failures being results."""
    return runnable.batch([INPUT] * 3, config, return_exceptions=True)


def as_completed(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Take the first of several results."""
    results = runnable.batch_as_completed([INPUT] * 3, config)
    try:
        return next(results)
    finally:
        results.close()


def stream(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Read a stream to its end."""
    return list(runnable.stream(INPUT, config))


def stream_closed(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Close a stream after a few chunks."""
    chunks = runnable.stream(INPUT, config)
    try:
        return [next(chunks, None) for _ in range(few)]
    finally:
        chunks.close()


def stream_dropped(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Let go of a stream after a few chunks."""
    chunks = runnable.stream(INPUT, config)
    return [next(chunks, None) for _ in range(few)]


def transform(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Feed a stream of inputs."""
    return list(runnable.transform(iter(["x", "y"]), config))


def in_threads(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke in several threads at once."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            runnable.invoke(INPUT, config)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


SYNC = [
    invoke,
    batch,
    batch_with_exceptions,
    as_completed,
    stream,
    stream_closed,
    stream_dropped,
    transform,
    in_threads,
]

# -- async -------------------------------------------------------------------------------------


async def ainvoke(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke once."""
    return await runnable.ainvoke(INPUT, config)


async def abatch(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke on several inputs."""
    return await runnable.abatch([INPUT] * 3, config)


async def as_completed_async(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Take the first of several results."""
    results = runnable.abatch_as_completed([INPUT] * 3, config)
    try:
        return await anext(results)
    finally:
        await results.aclose()


async def astream(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Read a stream to its end."""
    return [chunk async for chunk in runnable.astream(INPUT, config)]


async def astream_closed(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Close a stream after a few chunks."""
    chunks = runnable.astream(INPUT, config)
    try:
        return [await anext(chunks, None) for _ in range(few)]
    finally:
        await chunks.aclose()


async def atransform(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Feed a stream of inputs."""

    async def inputs() -> Any:
        yield "x"
        await asyncio.sleep(0)
        yield "y"

    return [chunk async for chunk in runnable.atransform(inputs(), config)]


async def side_by_side(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke in several tasks at once."""
    tasks = [asyncio.ensure_future(runnable.ainvoke(INPUT, config)) for _ in range(3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


async def sync_in_loop(runnable: Runnable[Any, Any], config: RunnableConfig, few: int) -> Any:
    """Invoke synchronously, on the thread of a running loop."""
    return runnable.invoke(INPUT, config)


ASYNC = [
    ainvoke,
    abatch,
    as_completed_async,
    astream,
    astream_closed,
    atransform,
    side_by_side,
    sync_in_loop,
]


async def cancelled_after(turns: int, work: Callable[[], Any]) -> Any:
    """Run `work()` as a task and cancel it after some turns of the loop."""

    async def run() -> Any:
        return await work()

    task = asyncio.ensure_future(run())
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    return await task
