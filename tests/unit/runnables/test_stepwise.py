from __future__ import annotations

import pytest

from ferrule.runnables import Runnable, RunnableLambda
from ferrule.runnables.stepwise import batches_natively


class Native(Runnable[int, int]):
    """Adds one, with a batch method of its own that notes what it was given."""

    def __init__(self):
        self.batches = []
        self.name = None

    def invoke(self, input, config=None, **kwargs):
        return input + 1

    def batch(self, inputs, config=None, *, return_exceptions=False, **kwargs):
        self.batches.append(list(inputs))
        return [value + 1 for value in inputs]

    async def abatch(self, inputs, config=None, *, return_exceptions=False, **kwargs):
        return self.batch(inputs, config, return_exceptions=return_exceptions)


def only_even(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


def test_native_batches_are_found_through_bindings():
    """A binding batches natively if what it binds does."""
    assert batches_natively(Native(), "batch")
    assert batches_natively(Native().with_config(tags=["t"]), "batch")
    assert not batches_natively(RunnableLambda(len), "batch")
    assert not batches_natively(RunnableLambda(len).bind(x=1), "abatch")


def test_a_native_step_gets_all_inputs_at_once(heard):
    """Inputs go through a native step together, each in a run of its own around it."""
    native = Native()
    chain = RunnableLambda(lambda x: x * 10) | native
    assert chain.batch([1, 2, 3], {"callbacks": [heard]}) == [11, 21, 31]
    assert native.batches == [[10, 20, 30]]
    assert len(heard.trace.roots) == 3


def test_every_slot_holds_its_own_result():
    """A failing input keeps its slot, and the others go on."""
    native = Native()
    chain = RunnableLambda(only_even) | native | RunnableLambda(str)
    got = chain.batch([1, 2, 3, 4], return_exceptions=True)
    assert [str(item) for item in got] == ["1 is odd", "3", "3 is odd", "5"]
    assert native.batches == [[2, 4]]


def test_the_first_failure_is_raised_and_all_runs_end(heard):
    """Without `return_exceptions` the failure of the first failing input is raised."""
    native = Native()
    chain = RunnableLambda(only_even) | native
    with pytest.raises(ValueError, match="3 is odd"):
        chain.batch([2, 3, 5], {"callbacks": [heard]})
    assert native.batches == []
    assert len(heard.trace.roots) == 3


def test_async_batches_are_stepwise_too(run, heard):
    """`abatch` behaves as `batch` does."""
    native = Native()
    chain = RunnableLambda(only_even) | native

    async def use():
        return await chain.abatch([1, 2], {"callbacks": [heard]}, return_exceptions=True)

    first, second = run(use())
    assert isinstance(first, ValueError)
    assert second == 3
    assert native.batches == [[2]]


def test_a_step_that_returns_too_few_is_named(run, heard):
    """A batch method that does not return one output for each input is told so; all runs end."""

    class Short(Native):
        def batch(self, inputs, config=None, *, return_exceptions=False, **kwargs):
            return inputs[:1]

    chain = RunnableLambda(only_even) | Short()
    with pytest.raises(ValueError, match="Short made 1 outputs of 2 inputs: return one for each"):
        chain.batch([2, 4], {"callbacks": [heard]})
    with pytest.raises(ValueError, match="Short made 1 outputs of 2 inputs: return one for each"):
        run(chain.abatch([2, 4], {"callbacks": [heard]}))


def test_no_inputs_no_runs(heard):
    """An empty batch does nothing."""
    assert (RunnableLambda(len) | Native()).batch([], {"callbacks": [heard]}) == []
    assert not heard.trace.names
