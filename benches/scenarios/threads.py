"""Parallel branches, batches, and several threads at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat

from benches.scenarios.invoke import add_one, config_with
from benches.workload import workload

ITEMS = list(range(1000))


def _parallel(lib, function):
    return lib.RunnableParallel({key: lib.RunnableLambda(function) for key in "abc"})


@workload("parallel3.h{}", each=(0, 1), wall=True, floor=True)
def parallel(lib, count):
    return partial(_parallel(lib, add_one).invoke, 1, config_with(lib, count))


@workload("parallel3.sleep_2ms", wall=True)
def parallel_sleep(lib):
    return partial(_parallel(lib, lambda _: time.sleep(0.002)).invoke, 1, {})


@workload("parallel3.stream", wall=True)
def parallel_stream(lib):
    parallel = _parallel(lib, add_one)

    def stream():
        # Which branch comes first is up to the threads.
        return {key: value for chunk in parallel.stream(1) for key, value in chunk.items()}

    return stream


@workload("batch1000.h1", count=len(ITEMS), unit="item", wall=True, floor=True)
def batch(lib):
    return partial(lib.RunnableLambda(add_one).batch, ITEMS, config_with(lib, 1))


@workload("batch1000.h1_max1", count=len(ITEMS), unit="item", wall=True, floor=True)
def batch_in_turn(lib):
    config = {**config_with(lib, 1), "max_concurrency": 1}
    return partial(lib.RunnableLambda(add_one).batch, ITEMS, config)


@workload("batch200.sleep_1ms_max8", wall=True)
def batch_sleep(lib):
    runnable = lib.RunnableLambda(lambda _: time.sleep(0.001))
    return partial(runnable.batch, ITEMS[:200], {"max_concurrency": 8})


@workload("threads{}.h1", each=(1, 4), count=4000, unit="run", wall=True, floor=True)
def threads(lib, count):
    """The same number of runs, by one thread or spread over four."""
    invoke = partial(lib.RunnableLambda(add_one).invoke, 1, config_with(lib, 1))
    pool = ThreadPoolExecutor(count)

    def work(_):
        for _ in repeat(None, 4000 // count):
            invoke()

    return lambda: list(pool.map(work, range(count)))
