"""Laws of configs and managers: ensuring, merging, patching."""

from __future__ import annotations

import copy

from hypothesis import given, strategies as st

from ferrule.callbacks import BaseCallbackHandler, CallbackManager
from ferrule.runnables import RunnableLambda
from ferrule.runnables.config import ensure_config, merge_configs, patch_config


class Alike(BaseCallbackHandler):
    """Equal to every other of its kind, and not hashable: only identity tells them apart."""

    heard: list

    def __init__(self):
        self.heard = []

    def __eq__(self, other):
        return isinstance(other, Alike)

    __hash__ = None

    def on_chain_start(self, serialized, inputs, **kwargs):
        ORDER.append(id(self))


ORDER: list[int] = []
POOL = [Alike() for _ in range(5)]

handlers = st.lists(st.sampled_from(POOL), max_size=4)
tags = st.lists(st.sampled_from("abcde"), max_size=4)
facts = st.dictionaries(st.sampled_from("pqrs"), st.integers() | st.lists(st.integers()))
managers = st.builds(
    lambda own, inherited, labels: CallbackManager(
        own + inherited, inherited, tags=labels, inheritable_tags=labels
    ),
    handlers,
    handlers,
    tags,
)
configs = st.fixed_dictionaries(
    {},
    optional={
        "callbacks": st.none() | handlers | managers,
        "tags": st.none() | tags,
        "metadata": st.none() | facts,
        "configurable": st.none() | facts,
        "run_name": st.none() | st.sampled_from(["one", "two"]),
        "recursion_limit": st.integers(1, 9) | st.just(25),
        "max_concurrency": st.none() | st.integers(1, 9),
    },
)


def ids(found):
    return [id(handler) for handler in found]


def unique(found):
    return list(dict.fromkeys(found))


def seen(config):
    """Show a config for comparison: handlers by identity, managers by what they hold."""
    shown = dict(config)
    callbacks = shown.pop("callbacks", None)
    if isinstance(callbacks, list):
        shown["callbacks"] = ids(callbacks)
    elif callbacks is not None:
        shown["callbacks"] = members(callbacks)
    return shown


def members(manager):
    return {
        "own": ids(manager.handlers),
        "inherited": ids(manager.inheritable_handlers),
        "tags": list(manager.tags),
        "inheritable_tags": list(manager.inheritable_tags),
        "metadata": dict(manager.metadata),
        "parent": manager.parent_run_id,
    }


def frozen(config):
    """Take a copy of a config for comparison, deep but for its handlers."""
    return copy.deepcopy(seen(config))


@given(handlers, handlers, handlers)
def test_handlers_add_up_by_identity(first, second, third):
    """Equal handlers that are not the same one stay; order is that of first registration."""
    merged = merge_configs({"callbacks": first}, {"callbacks": second}, {"callbacks": third})
    assert ids(merged["callbacks"] or []) == unique(ids(first + second + third))


@given(handlers, handlers)
def test_each_handler_is_told_once_in_order(bound, given_now):
    """A run tells what was passed first, then what is bound, each once."""
    ORDER.clear()
    runnable = RunnableLambda(lambda x: x).with_config(callbacks=bound)
    runnable.invoke(1, {"callbacks": given_now})
    assert unique(ORDER) == ORDER
    expected = unique(ids(given_now + bound))
    assert expected == ORDER


@given(tags, tags, tags)
def test_tags_are_a_union(first, second, third):
    """Merged tags are those of all configs, each once, in order of first appearance."""
    merged = merge_configs({"tags": first}, {"tags": second}, {"tags": third})
    assert merged["tags"] == unique(first + second + third)


@given(facts, facts)
def test_the_later_value_wins(first, second):
    """Metadata and configurable merge key by key."""
    for key in ("metadata", "configurable"):
        assert merge_configs({key: first}, {key: second})[key] == {**first, **second}


@given(configs, configs, configs)
def test_merging_is_associative(first, second, third):
    """How configs are grouped does not matter."""
    left = merge_configs(merge_configs(first, second), third)
    right = merge_configs(first, merge_configs(second, third))
    assert seen(left) == seen(right)


@given(configs)
def test_merging_is_idempotent(config):
    """A config merged with itself is itself."""
    once = merge_configs(config)
    assert seen(merge_configs(config, config)) == seen(once)
    assert seen(merge_configs(once)) == seen(once)


@given(configs)
def test_ensuring_is_idempotent(config):
    """A complete config is complete."""
    once = ensure_config(config)
    assert seen(ensure_config(once)) == seen(once)
    assert set(once) >= {"tags", "metadata", "callbacks", "recursion_limit", "configurable"}


@given(configs, configs)
def test_nothing_given_is_written_to(first, second):
    """Ensuring, merging, patching and running change no config that was passed in."""
    before = frozen(first), frozen(second)
    for made in (ensure_config(first), merge_configs(first, second), patch_config(first)):
        made["tags"].append("more")
        made["metadata"]["more"] = 1
        made["configurable"]["more"] = 1
        callbacks = made.get("callbacks")
        if isinstance(callbacks, list):
            callbacks.append(POOL[0])
        elif callbacks is not None:
            callbacks.add_tags(["more"])
            callbacks.add_handler(Alike())
    patch_config(first, configurable={"more": 1}, run_name="more")
    runnable = RunnableLambda(lambda x, config: config["tags"].append("more"))
    runnable.with_config(first).invoke(1, second)
    runnable.batch([1, 2], first)
    assert (seen(first), seen(second)) == before


@given(configs)
def test_a_patch_for_another_run_drops_its_name(config):
    """New callbacks are another run's, which has another name."""
    patched = patch_config(config, callbacks=CallbackManager([]))
    assert "run_name" not in patched
    assert patched["callbacks"].handlers == []
    renamed = patch_config(config, callbacks=CallbackManager([]), run_name="mine")
    assert renamed["run_name"] == "mine"


@given(managers, managers)
def test_managers_merge_in_order(first, second):
    """A merged manager has the members of both, the first one's first, and both are unchanged."""
    before = members(first), members(second)
    merged = first.merge(second)
    assert ids(merged.inheritable_handlers) == unique(
        ids(first.inheritable_handlers + second.inheritable_handlers)
    )
    assert set(ids(merged.handlers)) == set(ids(first.handlers + second.handlers))
    assert len(merged.handlers) == len(set(ids(merged.handlers)))
    assert merged.tags == unique(first.tags + second.tags)
    assert (members(first), members(second)) == before


@given(managers, st.lists(st.sampled_from(POOL), min_size=1))
def test_adding_and_removing_handlers(manager, more):
    """Adding is by identity and once; what is removed is gone; a copy goes its own way."""
    twin = manager.copy()
    before = members(manager)
    assert members(twin) == before
    for handler in more:
        twin.add_handler(handler)
        twin.add_handler(handler)
    assert ids(twin.handlers) == unique(before["own"] + ids(more))
    for handler in more:
        twin.remove_handler(handler)
    assert set(ids(twin.handlers)) == set(before["own"]) - set(ids(more))
    assert set(ids(twin.inheritable_handlers)) == set(before["inherited"]) - set(ids(more))
    assert members(manager) == before
