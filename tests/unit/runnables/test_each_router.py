from __future__ import annotations

import pytest

from ferrule.runnables import RouterRunnable, RunnableLambda
from ferrule.runnables.each import RunnableEach

from .conftest import collect


def odd_fails(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x


def test_every_element_is_run(run):
    """`map` runs on each element, in order, sync and async."""
    step = RunnableLambda(lambda x: x + 1).map()
    assert step.invoke([1, 2]) == [2, 3]
    assert run(step.ainvoke([1, 2])) == [2, 3]
    assert step.invoke([]) == []


def test_failures_can_stay_in_their_slots():
    """`return_exceptions` puts failures where their elements were."""
    failed, fine = RunnableLambda(odd_fails).map().invoke([1, 2], return_exceptions=True)
    assert str(failed) == "1 is odd"
    assert fine == 2


def test_one_value_is_no_list(heard, run):
    """A map on something without elements says what it takes, and its run ends."""
    step = RunnableLambda(lambda x: x).map()
    with pytest.raises(TypeError, match=r"inputs is a list .*, got 5 \(int\)"):
        step.invoke(5, {"callbacks": [heard]})
    with pytest.raises(TypeError, match=r"inputs is a list .*, got 5 \(int\)"):
        run(step.ainvoke(5, {"callbacks": [heard]}))
    assert heard.trace.names == ["on_chain_start", "on_chain_error"] * 2


def test_binding_a_map_binds_the_inner_runnable():
    """Config and arguments bound to a map are those of each element's run."""
    step = RunnableLambda(lambda x, config, by=1: (x * by, config["tags"])).map()
    bound = step.with_config(tags=["t"]).bind(by=2)
    assert isinstance(bound, RunnableEach)
    assert bound.invoke([1]) == [(2, ["t"])]
    assert step.get_name() == "RunnableEach<RunnableLambda>"


router = RouterRunnable({"up": str.upper, "len": len})


def test_the_key_decides(run):
    """A router runs what the key names, in every way."""
    assert router.invoke({"key": "up", "input": "a"}) == "A"
    assert run(router.ainvoke({"key": "len", "input": "a"})) == 1
    assert list(router.stream({"key": "up", "input": "a"})) == ["A"]
    assert run(collect(router.astream({"key": "up", "input": "a"}))) == ["A"]
    assert router.batch([{"key": "up", "input": "a"}, {"key": "len", "input": "a"}]) == ["A", 1]


@pytest.mark.parametrize("routed", [{"key": "no", "input": 1}, {"key": "up"}, 5])
def test_an_unknown_way_is_named_before_anything_runs(routed, heard):
    """A wrong key or shape is refused, also in a batch, before the first input runs."""
    config = {"callbacks": [heard]}
    with pytest.raises(ValueError, match="key"):
        router.invoke(routed, config)
    with pytest.raises(ValueError, match="key"):
        router.batch([{"key": "up", "input": "a"}, routed], config)
    assert not heard.trace.names


def test_an_unknown_way_can_stay_in_its_slot():
    """With `return_exceptions` a wrong key harms no other input."""
    good = {"key": "up", "input": "a"}
    first, second = router.batch([{"key": "no", "input": 1}, good], return_exceptions=True)
    assert isinstance(first, ValueError)
    assert second == "A"
