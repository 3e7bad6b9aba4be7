"""`ainvoke`: alone, with handlers of each kind, and a thousand at once."""

from __future__ import annotations

import asyncio
from functools import partial

from benches.scenarios.invoke import add_one, config_with
from benches.workload import workload


async def aadd_one(x: int) -> int:
    return x + 1


@workload(
    "ainvoke.{}",
    each=[
        ("h0", 0, "async"),
        ("h1_sync_inline", 1, "inline"),
        ("h1_async", 1, "async"),
        ("h5_async", 5, "async"),
    ],
    asynchronous=True,
    floor=True,
)
def ainvoke(lib, _, count, shape):
    return partial(lib.RunnableLambda(aadd_one).ainvoke, 1, config_with(lib, count, shape))


@workload("ainvoke.h1_sync_thread", asynchronous=True, wall=True)
def ainvoke_sync_handler(lib):
    """A synchronous handler that may block, and so is called on another thread."""
    return partial(lib.RunnableLambda(aadd_one).ainvoke, 1, config_with(lib, 1))


@workload("ainvoke.sync_function", asynchronous=True, wall=True)
def ainvoke_sync_function(lib):
    return partial(lib.RunnableLambda(add_one).ainvoke, 1, {})


@workload("gather1000.h1_async", count=1000, unit="run", asynchronous=True, floor=True)
def gather(lib):
    runnable, config = lib.RunnableLambda(aadd_one), config_with(lib, 1, "async")
    return lambda: asyncio.gather(*[runnable.ainvoke(1, config) for _ in range(1000)])


@workload("abatch1000.h1_async", count=1000, unit="item", asynchronous=True)
def abatch(lib):
    inputs = list(range(1000))
    return partial(lib.RunnableLambda(aadd_one).abatch, inputs, config_with(lib, 1, "async"))
