"""What a config may hold, what is refused before anything runs, and what it does."""

from __future__ import annotations

import asyncio
import threading
import types
import uuid

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda, RunnableParallel
from ferrule.runnables.config import merge_configs, patch_config
from tests.support.hearing import Hearing

echo = RunnableLambda(lambda x: x, name="echo")


async def _drain(stream):
    return [chunk async for chunk in stream]


DRIVES = {
    "invoke": lambda r, c: r.invoke(1, c),
    "batch": lambda r, c: r.batch([1, 2], c),
    "batch with exceptions": lambda r, c: r.batch([1, 2], c, return_exceptions=True),
    "stream": lambda r, c: list(r.stream(1, c)),
    "transform": lambda r, c: list(r.transform(iter([1]), c)),
    "ainvoke": lambda r, c: asyncio.run(_awaited(r.ainvoke, 1, c)),
    "abatch": lambda r, c: asyncio.run(_awaited(r.abatch, [1, 2], c)),
    "astream": lambda r, c: asyncio.run(_drain(r.astream(1, c))),
}
COMPOSITIONS = {
    "lambda": echo,
    "sequence": echo | echo,
    "parallel": RunnableParallel(a=echo, b=echo),
    "binding": echo.with_config(tags=["bound"]),
}


async def _awaited(method, *args):
    return await method(*args)


BAD = {
    "handler class": ({"callbacks": [Hearing]}, TypeError, "Hearing"),
    "single handler class": ({"callbacks": Hearing}, TypeError, "Hearing"),
    "text as callbacks": ({"callbacks": "loud"}, TypeError, "'loud'"),
    "text as handler": ({"callbacks": ["loud"]}, TypeError, "'loud'"),
    "number as callbacks": ({"callbacks": 5}, TypeError, "5"),
    "number as handler": ({"callbacks": [5]}, TypeError, "5"),
    "function as handler": ({"callbacks": [print]}, TypeError, "print"),
    "object as handler": ({"callbacks": [object()]}, TypeError, "object"),
    "dict as callbacks": ({"callbacks": {"a": 1}}, TypeError, "'a'"),
    "nested list": ({"callbacks": [[Hearing()]]}, TypeError, "Hearing"),
    "None as handler": ({"callbacks": [None]}, TypeError, "None"),
    "text as tags": ({"tags": "one"}, TypeError, "'one'"),
    "number as tag": ({"tags": ["one", 2]}, TypeError, "2"),
    "None as tag": ({"tags": [None]}, TypeError, "None"),
    "number as tags": ({"tags": 7}, TypeError, "7"),
    "dict as tags": ({"tags": {"a": 1}}, TypeError, "'a'"),
    "list as metadata": ({"metadata": ["m"]}, TypeError, "'m'"),
    "text as metadata": ({"metadata": "m"}, TypeError, "'m'"),
    "number as run_name": ({"run_name": 3}, TypeError, "3"),
    "number as run_id": ({"run_id": 3}, TypeError, "3"),
    "text that is no id": ({"run_id": "nope"}, ValueError, "'nope'"),
    "text as limit": ({"recursion_limit": "many"}, TypeError, "'many'"),
    "bool as limit": ({"recursion_limit": True}, TypeError, "True"),
    "float as concurrency": ({"max_concurrency": 1.5}, TypeError, "1.5"),
    "zero concurrency": ({"max_concurrency": 0}, ValueError, "0"),
    "negative concurrency": ({"max_concurrency": -1}, ValueError, "-1"),
    "list as configurable": ({"configurable": ["c"]}, TypeError, "'c'"),
    "number as key": ({3: "x"}, TypeError, "3"),
    "list as config": ([("tags", [])], TypeError, "tags"),
    "text as config": ("tags", TypeError, "'tags'"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("drive", ["invoke", "batch", "stream", "ainvoke", "abatch", "astream"])
def test_wrong_values_are_refused(what, drive):
    """A wrong value in a config raises an error that names it, however it is run."""
    config, error, shown = BAD[what]
    if isinstance(config, list) and drive in {"batch", "abatch"}:
        pytest.skip("a list of configs is what these take")
    with pytest.raises(error) as caught:
        DRIVES[drive](echo, config)
    assert shown in str(caught.value)


@pytest.mark.parametrize(
    ("part", "value", "error"),
    [
        ("recursion_limit", "many", TypeError),
        ("max_concurrency", 1.5, TypeError),
        ("max_concurrency", 0, ValueError),
        ("run_name", 5, TypeError),
        ("configurable", ["c"], TypeError),
    ],
)
def test_wrong_parts_are_not_patched_in(part, value, error):
    """A part that no config may have is refused by its name, with the value."""
    with pytest.raises(error, match=part) as caught:
        patch_config({}, **{part: value})
    assert str(value) in str(caught.value)


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("drive", DRIVES)
def test_nothing_runs_under_a_wrong_config(composition, drive):
    """A wrong value is found before any handler hears anything and before any body runs."""
    ran, handler = [], Hearing()
    spy = RunnableLambda(ran.append)
    parts = {
        "lambda": spy,
        "sequence": spy | spy,
        "parallel": RunnableParallel(a=spy, b=spy),
        "binding": spy.with_config(tags=["bound"]),
    }
    with pytest.raises(TypeError, match="Hearing"):
        DRIVES[drive](parts[composition], {"callbacks": [handler, Hearing]})
    assert (ran, handler.events) == ([], [])


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_a_wrong_config_among_many_stops_the_batch(composition):
    """One wrong config in a batch's list is found before any item runs."""
    handler = Hearing()
    configs = [{"callbacks": [handler]}, {"tags": [1]}]
    for run in (
        lambda: COMPOSITIONS[composition].batch([1, 2], configs),
        lambda: asyncio.run(_awaited(COMPOSITIONS[composition].abatch, [1, 2], configs)),
    ):
        with pytest.raises(TypeError, match="1"):
            run()
    assert handler.events == []


def test_batch_wants_a_config_for_each_input():
    """A list of configs of another length is refused, with both numbers."""
    with pytest.raises(ValueError, match="1.*2|2.*1"):
        echo.batch([1, 2], [{}])


def test_wrong_values_are_refused_when_bound():
    """A wrong value in a bound config is refused at the latest at the call, before it runs."""
    ran = []
    with pytest.raises(TypeError, match="Hearing"):
        RunnableLambda(ran.append).with_config(callbacks=[Hearing]).invoke(1)
    assert ran == []


def test_unknown_keys_become_configurable():
    """Keys that no config has are values of `configurable`, on top of those given there."""
    seen = RunnableLambda(lambda x, config: dict(config["configurable"]))
    config = {"user": "ada", "configurable": {"user": "bob", "room": 1}}
    assert seen.invoke(1, config) == {"user": "ada", "room": 1}
    assert asyncio.run(_awaited(seen.ainvoke, 1, config)) == {"user": "ada", "room": 1}
    assert config == {"user": "ada", "configurable": {"user": "bob", "room": 1}}


def test_none_is_as_if_absent():
    """A key with the value None is as good as none."""
    keys = ("callbacks", "tags", "metadata", "run_name", "run_id", "max_concurrency")
    config = dict.fromkeys((*keys, "recursion_limit", "configurable"))
    assert echo.invoke(1, config) == 1
    assert echo.batch([1, 2], config) == [1, 2]


def test_merging_nothing_gives_nothing():
    """Only what is given is in a merged config, besides the empty collections of one."""
    assert merge_configs() == merge_configs(None) == {}
    assert merge_configs({}) == {"tags": [], "metadata": {}, "configurable": {}}


def test_any_mapping_is_a_config():
    """A config may be a read-only mapping, for one input and for many."""
    handler, run_id = Hearing(), uuid.uuid4()
    config = types.MappingProxyType({"callbacks": (handler,), "tags": ("t",), "run_id": run_id})
    assert echo.invoke(1, config) == 1
    assert [start["tags"] for start in handler.starts()] == [["t"]]
    with pytest.warns(RuntimeWarning, match="run_id"):
        assert echo.batch([1, 2], config) == [1, 2]


def test_run_id_is_the_first_items():
    """The run id of a batch is its first item's; the others get ids of their own."""
    handler, run_id = Hearing(), uuid.uuid4()
    config = {"callbacks": [handler], "run_id": run_id, "max_concurrency": 1}
    with pytest.warns(RuntimeWarning, match="run_id"):
        echo.batch([1, 2, 3], config)
    ids = [start["run_id"] for start in handler.starts()]
    assert ids[0] == run_id
    assert len(set(ids)) == 3
    assert config["run_id"] == run_id


def test_run_id_is_one_runs():
    """A run id names the outermost run, not the runs inside."""
    handler, run_id = Hearing(), uuid.uuid4()
    (echo | echo).invoke(1, {"callbacks": [handler], "run_id": run_id})
    ids = [start["run_id"] for start in handler.starts()]
    assert ids[0] == run_id
    assert len(set(ids)) == 3
    parents = [start["parent_run_id"] for start in handler.starts()]
    assert parents == [None, run_id, run_id]


def test_run_id_may_be_text():
    """A run id given as text is that UUID."""
    handler, run_id = Hearing(), uuid.uuid4()
    echo.invoke(1, {"callbacks": [handler], "run_id": str(run_id)})
    assert handler.starts()[0]["run_id"] == run_id


def test_run_name_is_the_outermost_runs():
    """A run name is that of the outermost run of the call only."""
    handler = Hearing()
    nest = RunnableLambda(lambda x: (echo | echo).invoke(x), name="nest")  # noqa: PLW0108  no config
    (nest | echo).invoke(1, {"callbacks": [handler], "run_name": "mine"})
    assert handler.names() == ["mine", "nest", "RunnableSequence", "echo", "echo", "echo"]


def test_run_name_in_a_passed_on_config():
    """The config that a body gets has no run name or id to pass on."""
    seen = []
    spy = RunnableLambda(lambda x, config: seen.append(dict(config)))
    spy.invoke(1, {"run_name": "mine", "run_id": uuid.uuid4()})
    assert not {"run_name", "run_id"} & set(seen[0])


def test_nothing_given_is_written_to():
    """Config, lists and dicts of the caller are as before, also if bodies write to theirs."""
    handler = Hearing()

    def scribble(x, config):
        config["tags"].append("scribble")
        config["metadata"]["scribble"] = 1
        config["configurable"]["scribble"] = 1
        config["callbacks"].add_handler(Hearing())
        config["callbacks"].add_tags(["scribble"])
        return x

    spy = RunnableLambda(scribble)
    config = {
        "callbacks": [handler],
        "tags": ["t"],
        "metadata": {"m": 1},
        "configurable": {"c": 1},
        "max_concurrency": 2,
    }
    before = {
        key: value.copy() if hasattr(value, "copy") else value for key, value in config.items()
    }
    for drive in DRIVES.values():
        drive(spy | spy, config)
        drive(spy.with_config(config), config)
    assert config == before
    assert all(start["tags"][-1] != "scribble" for start in handler.starts())


def test_hooks_may_write_to_what_they_get():
    """What a hook does to its tags and metadata does not reach the runs inside."""

    class Scribbles(BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, *, tags, metadata, **kwargs):
            tags.append("scribble")
            metadata["scribble"] = 1

    handler = Hearing()
    (echo | echo).invoke(1, {"callbacks": [Scribbles(), handler], "tags": ["t"]})
    for start in handler.starts()[1:]:
        assert start["tags"].count("scribble") <= 1
    again = Hearing()
    (echo | echo).invoke(1, {"callbacks": [again], "tags": ["t"]})
    assert [start["metadata"] for start in again.starts()] == [{}] * 3
    assert not any("scribble" in start["tags"] for start in again.starts())


def test_the_recursion_limit_stops_runnables_that_return_runnables():
    """A function that returns itself for ever raises RecursionError, and every run is closed."""
    handler = Hearing()
    loop = RunnableLambda(lambda x: loop)
    with pytest.raises(RecursionError, match="recursion_limit"):
        loop.invoke(1, {"callbacks": [handler], "recursion_limit": 4})
    assert handler.hooks == ["chain_start"] * 5 + ["chain_error"] * 5


@pytest.mark.parametrize("limit", [1, 2, 7])
@pytest.mark.parametrize("drive", ["invoke", "stream", "ainvoke", "astream"])
def test_the_recursion_limit_counts_levels(limit, drive):
    """With limit n, n returned runnables are followed and no more; async and streams alike."""
    calls: list[int] = []

    def down(x):
        calls.append(x)
        return "done" if len(calls) > levels else RunnableLambda(down)

    levels = limit
    DRIVES[drive](RunnableLambda(down), {"recursion_limit": limit})
    assert len(calls) == limit + 1
    calls.clear()
    levels = limit + 1
    told = r"returned runnables until the recursion limit was reached, .* raise recursion_limit in"
    with pytest.raises(RecursionError, match=told):
        DRIVES[drive](RunnableLambda(down), {"recursion_limit": limit})
    assert len(calls) == limit + 1


def test_max_concurrency_is_inherited():
    """A batch inside a run keeps to the concurrency of the call around it."""
    running, most, lock = [0], [0], threading.Lock()
    gate = threading.Event()

    def work(x):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait(0.01)
        with lock:
            running[0] -= 1

    inner = RunnableLambda(work)
    outer = RunnableLambda(lambda x: inner.batch([1] * 12))
    outer.invoke(1, {"max_concurrency": 2})
    assert most[0] <= 2
