"""What `batch` and its relatives take as inputs."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.runnables import (
    ConfigurableField,
    RouterRunnable,
    RunnableLambda,
    RunnablePassthrough,
)
from ferrule.testing import RecordingHandler


def own(x):
    return x


step = RunnableLambda(own)


class Batching(RunnableLambda):
    """Has a batch method of its own, so that sequences of it go step by step."""

    def batch(self, inputs, config=None, **kwargs):
        return super().batch(inputs, config, **kwargs)

    async def abatch(self, inputs, config=None, **kwargs):
        return await super().abatch(inputs, config, **kwargs)


KINDS = {
    "lambda": step,
    "binding": step.with_config(tags=["t"]),
    "sequence": step | step,
    "sequence by steps": step | Batching(own),
    "parallel": RunnablePassthrough() | {"a": step},
    "retry": step.with_retry(),
    "fallbacks": step.with_fallbacks([step]),
    "router": RouterRunnable({"a": step}),
    "configurable": step.configurable_alternatives(ConfigurableField(id="which"), other=step),
}


async def acompleted(runnable, inputs, config):
    return [pair async for pair in runnable.abatch_as_completed(inputs, config)]


CALLS = {
    "batch": lambda runnable, inputs, config: runnable.batch(inputs, config),
    "abatch": lambda runnable, inputs, config: asyncio.run(_awaited(runnable, inputs, config)),
    "batch_as_completed": lambda *given: list(given[0].batch_as_completed(*given[1:])),
    "abatch_as_completed": lambda *given: asyncio.run(acompleted(*given)),
}


async def _awaited(runnable, inputs, config):
    return await runnable.abatch(inputs, config)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("runnable", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("one", [5, "ab", b"ab", {"key": "a", "input": 1}, None])
def test_one_input_is_no_list(runnable, call, one):
    """A single input in place of a list is refused by name and value, before anything is told."""
    handler = RecordingHandler()
    with pytest.raises(TypeError, match="inputs is a list with one input for each run") as raised:
        call(runnable, one, {"callbacks": [handler]})
    assert repr(one) in str(raised.value)
    assert handler.trace.names == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "runnable", [KINDS["lambda"], KINDS["binding"], KINDS["sequence by steps"]]
)
def test_anything_that_can_be_listed_will_do(runnable, call):
    """A generator of inputs, a tuple or a range is as good as a list."""
    for inputs in ((1, 2), range(1, 3), (x for x in (1, 2))):
        result = call(runnable, inputs, None)
        assert sorted(result) in ([1, 2], [(0, 1), (1, 2)])


def test_what_making_the_inputs_raises_is_raised():
    """An exception out of the generator that makes the inputs reaches the caller as it is."""

    def failing():
        yield 1
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        step.batch(failing())
