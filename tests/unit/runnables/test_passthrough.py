from __future__ import annotations

import pytest

from ferrule.runnables import (
    AddableDict,
    RunnableAssign,
    RunnableGenerator,
    RunnablePassthrough,
    RunnablePick,
)

from .conftest import collect


def test_the_input_is_the_output_chunk_by_chunk(run):
    """Chunks pass unchanged and one by one."""
    assert list(RunnablePassthrough().transform(iter("abc"))) == ["a", "b", "c"]

    async def source():
        yield "a"
        yield "b"

    assert run(collect(RunnablePassthrough().atransform(source()))) == ["a", "b"]


def test_a_function_is_told_of_the_input():
    """The function gets the input; when streaming, the sum of the chunks after the last."""
    seen = []
    step = RunnablePassthrough(seen.append)
    assert step.invoke(1) == 1
    assert list(step.transform(iter("ab"))) == ["a", "b"]
    assert seen == [1, "ab"]


def test_a_coroutine_function_is_awaited_and_refused_by_sync_methods(run, heard):
    """An async function works async; the sync methods name it before any event."""
    seen = []

    async def look(x):
        seen.append(x)

    step = RunnablePassthrough(look)
    assert run(step.ainvoke(1)) == 1
    assert seen == [1]
    with pytest.raises(TypeError, match=r"look\(x\)"):
        step.invoke(1, {"callbacks": [heard]})
    assert not heard.trace.names


def test_assign_adds_keys_and_replaces_old_ones(run):
    """New keys are computed from the whole input; the input itself is not changed."""
    given = {"a": 1, "b": "old"}
    step = RunnablePassthrough.assign(b=lambda d: d["a"] + 1, c=lambda d: d["b"])
    assert step.invoke(given) == {"a": 1, "b": 2, "c": "old"}
    assert run(step.ainvoke(given)) == {"a": 1, "b": 2, "c": "old"}
    assert given == {"a": 1, "b": "old"}
    assert step.get_name() == "RunnableAssign<b,c>"


def test_assign_streams_the_input_before_the_computed_keys(run):
    """The input's chunks are passed on at once, without the keys that are computed."""

    def source(chunks):
        for _ in chunks:
            yield AddableDict(a="1", n="old")
            yield AddableDict(a="2")

    async def asource(chunks):
        async for _ in chunks:
            yield AddableDict(a="1", n="old")
            yield AddableDict(a="2")

    chain = RunnableGenerator(source, asource).assign(n=lambda d: len(d["a"]))
    expected = [{"a": "1"}, {"a": "2"}, {"n": 2}]
    assert list(chain.stream("q")) == expected
    assert run(collect(chain.astream("q"))) == expected


@pytest.mark.parametrize("step", [RunnablePassthrough.assign(a=len), RunnablePick("a")])
def test_an_input_that_is_no_dictionary_is_named(step, heard):
    """Assigning to and picking from something else fails inside the run, naming the value."""
    with pytest.raises(ValueError, match=r"'text' \(str\)"):
        step.invoke("text", {"callbacks": [heard]})
    with pytest.raises(ValueError, match=r"'text' \(str\)"):
        list(step.stream("text"))
    assert heard.trace.names[-1] == "on_chain_error"


def test_picking_keys(run):
    """One key gives its value, several a dictionary of those that there are."""
    given = {"a": 1, "b": 2}
    assert RunnablePick("a").invoke(given) == 1
    assert RunnablePick("z").invoke(given) is None
    assert run(RunnablePick(["a", "z"]).ainvoke(given)) == {"a": 1}
    assert RunnablePick(["z"]).invoke(given) is None
    assert RunnablePick(["a", "b"]).get_name() == "RunnablePick<a,b>"


def test_picking_from_chunks_skips_those_without_the_key():
    """Streaming yields what the chunks have of the key."""
    chunks = [{"a": 1}, {"b": 2}, {"b": 3}]
    assert list(RunnablePick("b").transform(iter(chunks))) == [2, 3]


def test_assign_is_a_class_method():
    """`RunnablePassthrough.assign` makes a `RunnableAssign`, without an instance."""
    assert isinstance(RunnablePassthrough.assign(a=len), RunnableAssign)
