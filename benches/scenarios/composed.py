"""Runs inside runs: sequences, nesting, and the runnables that wrap another."""

from __future__ import annotations

import operator
import sys
from functools import partial, reduce

from benches.scenarios.invoke import add_one, config_with
from benches.workload import workload


@workload("sequence10.h{}", each=(0, 1, 5), floor=True)
def sequence(lib, count):
    steps = [lib.RunnableLambda(add_one) for _ in range(10)]
    return partial(reduce(operator.or_, steps).invoke, 1, config_with(lib, count))


def _nested(lib, depth):
    """Each function invokes the next runnable, without passing a config on."""
    # langchain-core has half a dozen Python frames on each level.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * depth))
    runnable = lib.RunnableLambda(add_one)
    for _ in range(depth - 1):
        runnable = lib.RunnableLambda(lambda x, inner=runnable: inner.invoke(x))
    return partial(runnable.invoke, 1, config_with(lib, 1))


@workload("nested50.h1", floor=True)
def nested(lib):
    return _nested(lib, 50)


# What a level costs must not depend on how many there are.
for _depth in (16, 256):
    workload(f"depth{_depth}.h1", each=(_depth,), count=_depth, unit="level", floor=True)(_nested)


@workload("fallbacks.h1")
def fallbacks(lib):
    runnable = lib.RunnableLambda(add_one).with_fallbacks([lib.RunnableLambda(add_one)])
    return partial(runnable.invoke, 1, config_with(lib, 1))


@workload("retry.h1")
def retry(lib):
    return partial(lib.RunnableLambda(add_one).with_retry().invoke, 1, config_with(lib, 1))


@workload("branch.h1")
def branch(lib):
    plus = lib.RunnableLambda(add_one)
    return partial(lib.RunnableBranch((bool, plus), plus).invoke, 1, config_with(lib, 1))
