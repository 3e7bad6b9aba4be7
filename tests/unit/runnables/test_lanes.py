from __future__ import annotations

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import Runnable, RunnableLambda


class Together(Runnable[int, int]):
    """Works on whole batches, by a function that a test gives."""

    def __init__(self, func=None, afunc=None):
        self.name = None
        self.func = func
        self.afunc = afunc

    def invoke(self, input, config=None, **kwargs):
        return self.batch([input], config, **kwargs)[0]

    def batch(self, inputs, config=None, *, return_exceptions=False, **kwargs):
        return self._batch_with_config(
            self.func, inputs, config, return_exceptions=return_exceptions, **kwargs
        )

    async def abatch(self, inputs, config=None, *, return_exceptions=False, **kwargs):
        return await self._abatch_with_config(
            self.afunc, inputs, config, return_exceptions=return_exceptions, **kwargs
        )


class Ends(BaseCallbackHandler):
    """Notes how runs start and end."""

    def __init__(self):
        self.told = []

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.told.append(("start", kwargs["name"], inputs, kwargs["run_type"]))

    def on_chain_end(self, outputs, **kwargs):
        self.told.append(("end", outputs))

    def on_chain_error(self, error, **kwargs):
        self.told.append(("error", str(error)))


def halves(inputs):
    return [x // 2 if x % 2 == 0 else ValueError(f"{x} is odd") for x in inputs]


async def ahalves(inputs):
    return halves(inputs)


def broken(inputs):
    raise LookupError(f"no service for {inputs}")


async def abroken(inputs):
    broken(inputs)


def batched(run, colour, runnable, *args, **kwargs):
    """Run a batch in either colour."""
    if colour == "sync":
        return runnable.batch(*args, **kwargs)

    async def use():
        return await runnable.abatch(*args, **kwargs)

    return run(use())


colours = pytest.mark.parametrize("colour", ["sync", "async"])


@colours
def test_each_input_has_a_run(run, colour):
    """All runs are open while the function works, and end with their own outputs."""
    ends = Ends()
    got = batched(
        run, colour, Together(halves, ahalves), [2, 4], {"callbacks": [ends]}, run_type="parser"
    )
    assert got == [1, 2]
    assert ends.told == [
        ("start", "Together", 2, "parser"),
        ("start", "Together", 4, "parser"),
        ("end", 1),
        ("end", 2),
    ]


@colours
def test_a_failing_input_fails_alone(run, colour):
    """An exception in the list is its run's error; unless failures are results, it is raised."""
    ends = Ends()
    runnable = Together(halves, ahalves)
    with pytest.raises(ValueError, match="3 is odd"):
        batched(run, colour, runnable, [2, 3, 5], {"callbacks": [ends]})
    assert ends.told[3:] == [("end", 1), ("error", "3 is odd"), ("error", "5 is odd")]
    got = batched(run, colour, runnable, [2, 3], return_exceptions=True)
    assert got[0] == 1
    assert isinstance(got[1], ValueError)


@colours
def test_what_the_function_raises_fails_all_runs(run, colour):
    """A failure of the whole batch is the error of each run, and its result if wanted."""
    ends = Ends()
    runnable = Together(broken, abroken)
    with pytest.raises(LookupError) as caught:
        batched(run, colour, runnable, [1, 2], {"callbacks": [ends]})
    assert ends.told[2:] == [("error", str(caught.value))] * 2
    first, second = batched(run, colour, runnable, [1, 2], return_exceptions=True)
    assert isinstance(first, LookupError)
    assert first is second


def test_an_interrupt_is_raised_even_if_failures_are_results():
    """Only an `Exception` is a result; the runs end all the same."""

    def interrupted(inputs):
        raise KeyboardInterrupt

    ends = Ends()
    with pytest.raises(KeyboardInterrupt):
        Together(interrupted).batch([1], {"callbacks": [ends]}, return_exceptions=True)
    assert ends.told[1:] == [("error", "")]


def test_the_function_gets_configs_and_managers(heard):
    """`config` and `run_manager` are lists; calls with a config are below that input's run."""
    add = RunnableLambda(lambda x: x + 1)

    def func(inputs, run_manager, config, by):
        assert [manager.parent_run_id for manager in run_manager] == [None, None]
        return [by * add.invoke(x, one) for x, one in zip(inputs, config, strict=True)]

    got = Together(func).batch([1, 2], [{"callbacks": [heard], "run_name": n} for n in "ab"], by=10)
    assert got == [20, 30]
    assert [(root.name, [c.name for c in root.children]) for root in heard.trace.roots] == [
        ("a", ["RunnableLambda"]),
        ("b", ["RunnableLambda"]),
    ]


def test_nothing_is_done_for_no_inputs():
    """The function is not called with an empty list."""
    assert Together(broken).batch([]) == []


@pytest.mark.parametrize(
    ("result", "error", "problem"),
    [
        (7, TypeError, r"Together made 7 \(int\) of a batch: return a list"),
        ([7], ValueError, "Together made 1 outputs of 2 inputs"),
    ],
)
def test_wrong_results_are_named(result, error, problem):
    """A function that does not return one output for each input is told so, and all runs end."""
    ends = Ends()
    with pytest.raises(error, match=problem):
        Together(lambda inputs: result).batch([1, 2], {"callbacks": [ends]})
    assert [told[0] for told in ends.told] == ["start", "start", "error", "error"]


def test_runs_that_were_opened_end_if_another_is_refused():
    """When a handler refuses the second input, the first one's run is closed, too."""

    class Refusing(Ends):
        raise_error = True

        def on_chain_start(self, serialized, inputs, **kwargs):
            super().on_chain_start(serialized, inputs, **kwargs)
            if inputs == 2:
                raise PermissionError("not 2")

    refusing = Refusing()
    with pytest.raises(PermissionError, match="not 2"):
        Together(halves).batch([4, 2], {"callbacks": [refusing]})
    assert [told[0] for told in refusing.told] == ["start", "start", "error", "error"]
