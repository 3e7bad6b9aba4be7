"""`RunnableLambda.invoke` of a trivial function: the cost of a run and of its two events."""

from __future__ import annotations

from functools import partial
from typing import Any

from benches.scenarios.handlers import handlers
from benches.workload import workload


def add_one(x: int) -> int:
    return x + 1


def config_with(lib: Any, count: int, shape: str = "kwargs") -> dict[str, Any]:
    """Make a run-time config with so many handlers; without any, an empty one."""
    return {"callbacks": handlers(lib, count, shape)} if count else {}


@workload("invoke.h{}", each=(0, 1, 5, 20), floor=True)
def invoke(lib, count):
    return partial(lib.RunnableLambda(add_one).invoke, 1, config_with(lib, count))


@workload("invoke.h{}_kwonly", each=(1, 5, 20), floor=True)
def invoke_kwonly(lib, count):
    return partial(lib.RunnableLambda(add_one).invoke, 1, config_with(lib, count, "named"))


@workload("invoke.h{}_counting", each=(1, 5), floor=True)
def invoke_counting(lib, count):
    return partial(lib.RunnableLambda(add_one).invoke, 1, config_with(lib, count, "counting"))


@workload(
    "invoke.{}", each=[("h5_empty", 5, "empty"), ("h1_llm_end_only", 1, "llm_end")], floor=True
)
def invoke_unheard(lib, _, count, shape):
    return partial(lib.RunnableLambda(add_one).invoke, 1, config_with(lib, count, shape))


@workload("invoke.h1_tags_metadata", floor=True)
def invoke_tags_metadata(lib):
    config = {**config_with(lib, 1), "tags": ["a", "b"], "metadata": {"user": "u", "turn": 1}}
    return partial(lib.RunnableLambda(add_one).invoke, 1, config)


@workload("invoke.with_config_h1", floor=True)
def invoke_bound(lib):
    bound = lib.RunnableLambda(add_one).with_config(callbacks=handlers(lib, 1))
    return partial(bound.invoke, 1)


@workload("invoke.with_config_plus_runtime", floor=True)
def invoke_bound_and_given(lib):
    bound = lib.RunnableLambda(add_one).with_config(callbacks=handlers(lib, 1))
    return partial(bound.invoke, 1, config_with(lib, 1))
