from __future__ import annotations

import sys
from uuid import uuid4

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import (
    Runnable,
    RunnableBinding,
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
)
from ferrule.runnables.bound_config import merge_bound
from ferrule.testing import RecordingHandler

from .conftest import collect

show = RunnableLambda(lambda x, config, **kwargs: (config, kwargs))


def test_bound_arguments_are_defaults():
    """Bound keyword arguments hold unless a call gives others; binding again adds."""
    step = RunnableLambda(lambda x, **kwargs: kwargs).bind(a=1).bind(b=2)
    assert step.invoke(0) == {"a": 1, "b": 2}
    assert step.invoke(0, b=3) == {"a": 1, "b": 3}


def test_configs_merge_inner_before_outer_before_call():
    """Tags are united in order, metadata merges, the call's values win."""
    step = show.with_config(tags=["a"], metadata={"k": 1, "x": 1}, recursion_limit=7)
    step = step.with_config(tags=["b", "a"], metadata={"k": 2})
    config, _ = step.invoke(0, {"tags": ["c"], "metadata": {"k": 3}})
    assert config["tags"] == ["a", "b", "c"]
    assert config["metadata"] == {"k": 3, "x": 1}
    assert config["recursion_limit"] == 7


def test_binding_a_config_twice_keeps_both_handlers(heard):
    """`with_config` adds handlers; neither set replaces the other."""
    other = type(heard)()
    step = RunnableLambda(abs).with_config(callbacks=[heard]).with_config(callbacks=[other])
    assert step.invoke(-1) == 1
    assert heard.trace.names == other.trace.names == ["on_chain_start", "on_chain_end"]


def test_nothing_is_written_to_what_was_given():
    """The caller's config and the bound one stay as they were."""
    given = {"tags": ["a"], "metadata": {"k": 1}}
    first = show.with_config(given)
    first.with_config(tags=["b"], metadata={"k": 2})
    first.invoke(0, {"tags": ["c"]})
    assert given == {"tags": ["a"], "metadata": {"k": 1}}
    assert first.config["tags"] == ["a"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("callbacks", [BaseCallbackHandler]), ("tags", [1]), ("metadata", "text")],
)
def test_wrong_values_are_refused_where_they_are_bound(key, value):
    """A wrong value, such as a handler class, is refused by `with_config` itself."""
    for step in (show, show.with_config(tags=["t"])):
        with pytest.raises((TypeError, ValueError), match=key):
            step.with_config(**{key: value})


def test_only_a_dict_can_be_bound():
    """Something else than a config is named, also if it is empty."""
    for step in (show, show.with_config(tags=["t"])):
        for given in (5, []):
            with pytest.raises(TypeError, match=rf"config is a dict, got .*{type(given).__name__}"):
                step.with_config(given)


def test_listeners_are_functions():
    """A listener that cannot be called is refused where it is given."""
    with pytest.raises(TypeError, match=r"on_end is a function, but got 5 \(int\)"):
        show.with_listeners(on_end=5)


def test_every_way_of_running_is_bound(run):
    """Batch, stream, transform and their async twins use the bound arguments."""
    step = RunnableLambda(lambda x, by=1: x * by).bind(by=3)

    async def use():
        async def source():
            yield 2

        return [
            await step.ainvoke(2),
            *await step.abatch([2]),
            *await collect(step.astream(2)),
            *await collect(step.atransform(source())),
            *[out for _, out in await collect(step.abatch_as_completed([2]))],
        ]

    sync = [
        step.invoke(2),
        *step.batch([2]),
        *step.stream(2),
        *step.transform(iter([2])),
        *[out for _, out in step.batch_as_completed([2])],
    ]
    assert sync == run(use()) == [6] * 5


@pytest.mark.parametrize("nested", [False, True])
def test_a_call_goes_over_what_a_step_has_bound(run, nested):
    """What a step has bound gives way to the config of its run, however that is called."""
    ask = RunnableLambda(
        lambda x, config: (config["configurable"], config["metadata"], config["max_concurrency"])
    )
    step = ask.with_config(configurable={"a": 1, "b": 1}, metadata={"m": 1}, max_concurrency=2)
    if nested:
        step = RunnableBinding(bound=step, config={"tags": ["t"]})
    given = {"configurable": {"a": 7}, "metadata": {"m": 7}, "max_concurrency": 3}
    wanted = ({"a": 7, "b": 1}, {"m": 7}, 3)
    for chain in (step | RunnableLambda(lambda x: x), RunnableLambda(lambda x: x) | step):
        assert chain.invoke(0, given) == wanted
        assert run(chain.ainvoke(0, given)) == wanted
        assert list(chain.stream(0, given)) == [wanted]
        assert chain.batch([0], given) == [wanted]
    assert RunnableParallel(k=step).invoke(0, given) == {"k": wanted}


@pytest.mark.parametrize("place", ["first", "last", "parallel", "branch", "fallback"])
def test_a_bound_recursion_limit_gives_way_to_one_that_was_chosen_only(run, place):
    """The default of the run around a step leaves its bound limit; the limit of a call does not."""
    nothing = RunnableLambda(lambda x: x)
    step = RunnableLambda(lambda x, config: config["recursion_limit"])
    bound = step.with_config(recursion_limit=60)
    chain: Runnable = {
        "first": bound | nothing,
        "last": nothing | bound,
        "parallel": RunnableParallel(k=bound) | (lambda outputs: outputs["k"]),
        "branch": RunnableBranch((lambda x: True, bound), nothing),
        "fallback": bound.with_fallbacks([nothing]),
    }[place]
    for given, wanted in ((None, 60), ({"recursion_limit": 7}, 7), ({"recursion_limit": 25}, 60)):
        assert chain.invoke(0, given) == wanted
        assert run(chain.ainvoke(0, given)) == wanted
        assert list(chain.stream(0, given)) == [wanted]
        assert run(collect(chain.astream(0, given))) == [wanted]
        assert chain.batch([0], given) == [wanted]


def test_the_default_recursion_limit_can_be_bound():
    """Binding again replaces a bound limit, also by the number that is the default."""
    step = RunnableLambda(lambda x, config: config["recursion_limit"])
    again = step.with_config(recursion_limit=60).with_config(recursion_limit=25)
    assert again.invoke(0) == 25
    assert (RunnableLambda(lambda x: x) | again).invoke(0) == 25
    assert RunnableLambda(lambda x: again).invoke(0, {"recursion_limit": 60}) == 59


def test_configs_of_a_batch():
    """They are spread as in any batch: a list has one for each input, an id is the first's."""
    bound = RunnableLambda(lambda x, config: config["tags"]).with_config(tags=["b"])
    handler, run_id = RecordingHandler(), uuid4()
    with pytest.warns(RuntimeWarning, match="run_id is the id of one run"):
        bound.batch([1, 2], {"run_id": run_id, "callbacks": [handler]})
    assert len(handler.trace.runs) == 2
    assert handler.trace.runs[run_id].inputs == 1
    assert bound.batch([1, 2], [{"tags": ["x"]}, {}]) == [["b", "x"], ["b"]]
    with pytest.raises(ValueError, match="got 2 configs for 3 inputs"):
        bound.batch([1, 2, 3], [{}, {}])
    with pytest.raises(TypeError, match=r"config is a dict, got 'x'"):
        bound.batch([1, 2], "x")


def test_merging_bound_configs_fills_nothing_in():
    """What neither config sets stays unset."""
    assert merge_bound({"run_name": "a"}, {"tags": ["t"]}) == {"run_name": "a", "tags": ["t"]}


def test_attributes_of_the_bound_runnable_are_reachable():
    """A method that takes a config gets the bound one merged with the call's."""

    class Tool(Runnable):
        kind = "tool"

        def invoke(self, input, config=None, **kwargs):
            return input

        def positional(self, x, config=None):
            return x, config["tags"]

        def keyword(self, x, *, config=None):
            return x, config["tags"]

    bound = Tool().with_config(tags=["a"])
    assert bound.kind == "tool"
    assert bound.positional(1) == (1, ["a"])
    assert bound.positional(1, {"tags": ["b"]}) == (1, ["a", "b"])
    assert bound.keyword(1, config={"tags": ["b"]}) == (1, ["a", "b"])
    with pytest.raises(AttributeError, match="nothing"):
        _ = bound.nothing


def test_types_can_be_stated():
    """`with_types` changes what the binding says, and keeps the rest."""
    step = RunnableLambda(len).bind(a=1).with_types(input_type=str)
    assert step.InputType is str
    assert step.kwargs == {"a": 1}
    assert step.with_types(output_type=int).InputType is str
    assert step.with_types(bytes, int).InputType is bytes


def test_factories_see_the_merged_config(heard):
    """A factory's config is merged on top of what it gets."""
    seen = []

    def factory(config):
        seen.append(config["tags"])
        return {"callbacks": [heard]}

    step = RunnableBinding(
        bound=RunnableLambda(abs), config={"tags": ["a"]}, config_factories=[factory]
    )
    step.invoke(-1, {"tags": ["b"]})
    assert seen == [["a", "b"]]
    assert heard.trace.names == ["on_chain_start", "on_chain_end"]


@pytest.mark.parametrize("place", ["first", "last", "parallel", "nested", "returned"])
def test_listeners_see_what_the_surrounding_run_hands_down(run, place):
    """A listener gets the whole config of its run, wherever that was given."""
    seen = []

    def note(run, config):
        seen.append((config["configurable"], config["tags"], config["metadata"]))

    nothing = RunnableLambda(lambda x: x)
    step = nothing.with_listeners(on_start=note)

    async def acall(x):
        return await step.ainvoke(x)

    chain: Runnable = {
        "first": step | nothing,
        "last": nothing | step,
        "parallel": RunnableParallel(a=step),
        "nested": RunnableLambda(step.invoke, acall),
        "returned": RunnableLambda(lambda x: step),
    }[place]
    config = {"configurable": {"user": "u"}, "tags": ["t"], "metadata": {"m": 1}}
    chain.invoke(0, config)
    run(chain.ainvoke(0, config))
    list(chain.stream(0, config))
    chain.batch([0], config)
    assert seen == [({"user": "u"}, ["t"], {"m": 1})] * 4


class AsksItsConfig(Runnable):
    """Reads the config that it is called with, in every way that it can be called."""

    def invoke(self, input, config=None, **kwargs):
        return sorted(config["tags"]), config["metadata"], config["configurable"]

    async def ainvoke(self, input, config=None, **kwargs):
        return self.invoke(input, config)

    def batch(self, inputs, config=None, **kwargs):
        return [self.invoke(value, one) for value, one in zip(inputs, config, strict=True)]


def test_a_runnable_that_reads_its_config_gets_all_of_it(run):
    """Inside of a run, a binding hands on what the run hands down besides what is bound."""
    step = AsksItsConfig().with_config(tags=["bound"])

    def ask(x):
        return [step.invoke(x), *step.batch([x]), *step.stream(x)]

    async def aask(x):
        return [await step.ainvoke(x)]

    outer = RunnableLambda(ask, aask)
    config = {"tags": ["t"], "metadata": {"m": 1}, "configurable": {"user": "u"}}
    whole = (["bound", "t"], {"m": 1}, {"user": "u"})
    assert outer.invoke(0, config) == [whole] * 3
    assert run(outer.ainvoke(0, config)) == [whole]


def test_a_class_may_merge_configs_itself(run):
    """A `_merge_configs` of one's own counts in every way of running, as a step, too."""

    class Marking(RunnableBinding):
        def _merge_configs(self, *configs):
            return {**super()._merge_configs(*configs), "metadata": {"mark": 1}}

    step = Marking(bound=RunnableLambda(lambda x, config: config["metadata"]))
    nothing = RunnableLambda(lambda x: x)
    marked = {"mark": 1}
    assert [step.invoke(0), *step.batch([0]), *step.stream(0), run(step.ainvoke(0))] == [marked] * 4
    assert (nothing | step).invoke(0, {"tags": ["t"]}) == marked
    assert run((nothing | step).ainvoke(0)) == marked
    assert RunnableParallel(a=step.with_config(tags=["t"])).invoke(0) == {"a": marked}


def test_representation_shows_what_is_bound():
    """The representation lists the parts that are not empty."""
    assert repr(RunnableLambda(len).bind(a=1)) == (
        "RunnableBinding(bound=RunnableLambda(len), kwargs={'a': 1})"
    )


@pytest.mark.parametrize("is_changed", [False, True])
def test_bindings_that_nest_too_deep(run, monkeypatch, is_changed):
    """Too many bindings within each other raise `RecursionError`, as functions would.

    Also once the class has changed, so that what was known of each of them is read again.
    """
    deep = RunnableLambda(lambda x: x)
    for _ in range(sys.getrecursionlimit() * 20):
        deep = RunnableBinding(bound=deep)
    if is_changed:
        monkeypatch.setattr(RunnableBinding, "changed", True, raising=False)
    with pytest.raises(RecursionError):
        deep.invoke(1)
    with pytest.raises(RecursionError):
        run(deep.ainvoke(1))
