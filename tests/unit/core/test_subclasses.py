"""Runnables as Python objects: subclassed, copied, pickled, referred to weakly."""

from __future__ import annotations

import asyncio
import copy
import gc
import operator
import pickle
import weakref
from unittest.mock import AsyncMock

import pytest

from ferrule.runnables import (
    Runnable,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnableSequence,
)
from tests.support.hearing import Hearing

add = RunnableLambda(operator.neg, name="neg")


def double(x):
    """A function that can be pickled."""
    return 2 * x


async def adouble(x):
    return 2 * x


RUNNABLES = {
    "lambda": lambda: RunnableLambda(double),
    "twofold": lambda: RunnableLambda(double, adouble, name="mine"),
    "sequence": lambda: RunnableLambda(double) | double | double,
    "parallel": lambda: RunnableParallel(a=double, b=RunnablePassthrough()),
    "binding": lambda: RunnableLambda(double).with_config(tags=["t"], run_name="mine"),
    "passthrough": RunnablePassthrough,
    "nested": lambda: RunnableLambda(double) | {"a": RunnableLambda(double), "b": double},
    "retry": lambda: RunnableLambda(double).with_retry(),
    "fallbacks": lambda: RunnableLambda(double).with_fallbacks([RunnableLambda(double)]),
    "map": lambda: RunnableLambda(double).map(),
}


def trace(runnable, x):
    handler = Hearing()
    result = runnable.invoke(x, {"callbacks": [handler]})
    # Branches run side by side: which starts first is open.
    return result, sorted((start["name"], start["tags"]) for start in handler.starts())


@pytest.mark.parametrize("how", ["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("what", RUNNABLES)
def test_copies_do_the_same(what, how):
    """A copied or pickled runnable gives the same results and the same events."""
    runnable = RUNNABLES[what]()
    twin = {
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda it: pickle.loads(pickle.dumps(it)),
    }[how](runnable)
    x = [3] if what == "map" else 3
    assert type(twin) is type(runnable)
    assert trace(twin, x) == trace(runnable, x)
    assert asyncio.run(twin.ainvoke(x)) == runnable.invoke(x)


@pytest.mark.parametrize("what", RUNNABLES)
def test_weak_references(what):
    """A runnable can be referred to weakly, and goes when its last user lets go."""
    runnable = RUNNABLES[what]()
    runnable.invoke([1] if what == "map" else 1)
    reference = weakref.ref(runnable)
    assert reference() is runnable
    del runnable
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("what", RUNNABLES)
def test_hashable(what):
    """Runnables can be keys."""
    runnable = RUNNABLES[what]()
    assert {runnable: 1}[runnable] == 1


class Custom(Runnable):
    """Minimal: the protocol's one abstract method."""

    def invoke(self, input, config=None, **kwargs):
        return self._call_with_config(double, input, config)


def test_a_minimal_subclass_has_everything():
    """A class with `invoke` alone can be batched, streamed and awaited, each with its run."""
    handler = Hearing()
    config = {"callbacks": [handler]}
    custom = Custom()
    assert custom.invoke(1, config) == 2
    assert custom.batch([1, 2], config) == [2, 4]
    assert list(custom.stream(1, config)) == [2]
    assert asyncio.run(custom.ainvoke(1, config)) == 2
    assert asyncio.run(_abatch(custom, [1, 2], config)) == [2, 4]
    assert (custom | custom).invoke(1, config) == 4
    assert handler.names() == ["Custom"] * 7 + ["RunnableSequence", "Custom", "Custom"]


async def _abatch(runnable, inputs, config):
    return await runnable.abatch(inputs, config)


def test_an_overridden_invoke_is_used_everywhere():
    """A subclass of a built-in runnable that overrides invoke is invoked as a step, too."""

    class Loud(RunnableLambda):
        def invoke(self, input, config=None, **kwargs):
            return super().invoke(input, config, **kwargs) + 100

        async def ainvoke(self, input, config=None, **kwargs):
            return await super().ainvoke(input, config, **kwargs) + 1000

    loud = Loud(double)
    assert loud.invoke(1) == 102
    assert (loud | loud).invoke(1) == 304
    assert loud.batch([1, 2]) == [102, 104]
    assert loud.with_config(tags=["t"]).invoke(1) == 102
    assert RunnableParallel(a=loud).invoke(1) == {"a": 102}

    async def main():
        assert await loud.ainvoke(1) == 1002
        assert await (loud | loud).ainvoke(1) == 3004
        assert await loud.abatch([1, 2]) == [1002, 1004]
        assert await loud.with_config(tags=["t"]).ainvoke(1) == 1002
        assert await RunnableParallel(a=loud).ainvoke(1) == {"a": 1002}

    asyncio.run(main())


def test_an_invoke_set_on_an_instance_is_used():
    """A step whose `invoke` is replaced on the object, as tests do, is invoked so."""
    step = RunnableLambda(double)
    step.invoke = lambda value, config=None, **kwargs: "patched"
    assert (RunnableLambda(double) | step).invoke(1) == "patched"
    assert RunnableParallel(a=step).invoke(1) == {"a": "patched"}
    assert step.with_config(tags=["t"]).invoke(1) == "patched"
    assert step.batch([1, 2]) == ["patched"] * 2


def test_other_methods_set_on_an_instance_are_used():
    """So are its `ainvoke` and its `batch`, in a sequence, too."""
    step = RunnableLambda(double)
    step.ainvoke = AsyncMock(return_value="patched")
    step.batch = lambda values, config=None, **kwargs: ["together"] * len(values)

    async def main():
        assert await (RunnableLambda(double) | step).ainvoke(1) == "patched"
        assert await RunnableParallel(a=step).ainvoke(1) == {"a": "patched"}

    asyncio.run(main())
    for chain in (step | RunnableLambda(str), step.with_config(tags=["t"]) | RunnableLambda(str)):
        assert chain.batch([1, 2]) == ["together"] * 2


def test_a_class_patched_after_it_was_composed(monkeypatch):
    """A class whose `invoke` is patched later is invoked so, also inside of sequences."""

    class Mine(RunnableLambda):
        pass

    mine = Mine(double)
    sequence = mine | double
    assert sequence.invoke(1) == 4
    monkeypatch.setattr(Mine, "invoke", lambda self, value, config=None, **kwargs: 10)
    assert sequence.invoke(1) == 20
    assert mine.with_config(tags=["t"]).invoke(1) == 10


def test_an_overridden_name():
    """`get_name` and `name` of a subclass name its runs."""

    class Named(RunnableLambda):
        def get_name(self, suffix=None, *, name=None):
            return "by method"

    handler = Hearing()
    Named(double).invoke(1, {"callbacks": [handler]})
    other = RunnableLambda(double)
    other.name = "by attribute"
    (other | Named(double)).invoke(1, {"callbacks": [handler]})
    asyncio.run(other.ainvoke(1, {"callbacks": [handler]}))
    expected = ["by method", "RunnableSequence", "by attribute", "by method", "by attribute"]
    assert handler.names() == expected
    assert {s["serialized"]["name"] for s in handler.starts()} == set(expected)


def test_a_subclass_with_its_own_constructor():
    """A subclass may take other arguments and keep attributes of its own."""

    class Scale(RunnableLambda):
        def __init__(self, factor):
            super().__init__(lambda x: x * self.factor)
            self.factor = factor

    assert (Scale(2) | Scale(3)).invoke(1) == 6


def test_a_runnable_that_is_not_set_up():
    """A subclass that forgets its base's constructor gets an error that says so."""

    class Forgets(RunnableLambda):
        def __init__(self):
            pass

    with pytest.raises((AttributeError, TypeError)):
        Forgets().invoke(1)
    with pytest.raises((AttributeError, TypeError)):
        asyncio.run(_await(Forgets().ainvoke, 1))


async def _await(method, *args):
    return await method(*args)


def test_sequences_cannot_be_set_up_with_nothing():
    """A sequence wants at least two steps."""
    with pytest.raises((ValueError, TypeError)):
        RunnableSequence()
    with pytest.raises((ValueError, TypeError)):
        RunnableSequence(add)


@pytest.mark.parametrize("other", [5, "text", None, [1], object()])
def test_what_is_no_runnable_cannot_be_composed(other):
    """`|` with something that is no runnable raises TypeError that shows it."""
    with pytest.raises(TypeError):
        add | other
    with pytest.raises(TypeError):
        other | add


def test_call_with_config_passes_keywords():
    """`_call_with_config` hands further keywords to the function, and run_type to handlers."""

    class Mine(Runnable):
        def invoke(self, input, config=None, **kwargs):
            return self._call_with_config(
                self.work,
                input,
                config,
                run_type="special",
                serialized={"name": "s", "id": []},
                **kwargs,
            )

        @staticmethod
        def work(input, run_manager, config, extra=0):
            assert config["callbacks"].parent_run_id == run_manager.run_id
            return input + extra

    handler = Hearing()
    assert Mine().invoke(1, {"callbacks": [handler]}, extra=5) == 6
    (start,) = handler.starts()
    assert start["run_type"] == "special"
    assert start["serialized"] == {"name": "s", "id": []}
