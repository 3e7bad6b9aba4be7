from __future__ import annotations

import re
import threading

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import (
    RunnableGenerator,
    RunnableLambda,
    RunnableMap,
    RunnableParallel,
    RunnablePassthrough,
)

from .conftest import collect


def words(chunks):
    for chunk in chunks:
        yield from chunk.split()


async def awords(chunks):
    async for chunk in chunks:
        for word in chunk.split():
            yield word


def test_steps_come_from_a_mapping_and_keywords():
    """Functions and nested mappings become runnables; the name lists the keys."""
    both = RunnableParallel({"a": len}, b={"c": str.upper})
    assert both.invoke("x") == {"a": 1, "b": {"c": "X"}}
    assert both.get_name() == "RunnableParallel<a,b>"
    assert RunnableMap is RunnableParallel


@pytest.mark.parametrize(
    ("steps", "named"), [({1: len}, r"1 \(int\)"), ([len], r"built-in function len.*\(list\)")]
)
def test_what_is_no_mapping_from_names_is_refused(steps, named):
    """A key that is no string, or a list of steps, is named."""
    with pytest.raises(TypeError, match=named):
        RunnableParallel(steps)


def test_streamed_chunks_are_named_by_their_branch():
    """Each chunk is a dictionary with one key; their sum is the output."""
    both = RunnableParallel(words=RunnableGenerator(words), size=RunnableLambda(len))
    chunks = list(both.stream("a b"))
    assert all(len(chunk) == 1 for chunk in chunks)
    assert sum(chunks[1:], chunks[0]) == {"words": "ab", "size": 3}


def test_branches_stream_at_once():
    """Branches that wait for each other get on, sync and async."""
    barrier = threading.Barrier(2, timeout=5)

    def meet(x):
        barrier.wait()
        return x

    both = RunnableParallel(a=meet, b=meet)
    assert {k: v for chunk in both.stream(1) for k, v in chunk.items()} == {"a": 1, "b": 1}


def test_async_stream(run):
    """The async stream has the chunks of all branches."""
    both = RunnableParallel(words=RunnableGenerator(words, awords), same=RunnablePassthrough())
    chunks = run(collect(both.astream("a b")))
    assert sum(chunks[1:], chunks[0]) == {"words": "ab", "same": "a b"}


def test_keyword_arguments_reach_every_branch():
    """Keyword arguments of a call are every branch's."""
    both = RunnableParallel(a=lambda x, by=1: x * by, b=lambda x, by=2: x + by)
    assert both.invoke(2, by=5) == {"a": 10, "b": 7}
    streamed = {k: v for chunk in both.stream(2, by=5) for k, v in chunk.items()}
    assert streamed == {"a": 10, "b": 7}


def test_a_failing_branch_ends_every_run(heard):
    """A failure is raised after all branches have ended."""

    def fails(chunks):
        raise ValueError("broken")
        yield

    both = RunnableParallel(a=RunnableGenerator(words), b=RunnableGenerator(fails))
    with pytest.raises(ValueError, match="broken"):
        list(both.stream("a b c", {"callbacks": [heard]}))


def test_early_close_ends_every_run(heard):
    """Leaving the stream early closes the branches and ends their runs."""
    both = RunnableParallel(a=RunnableGenerator(words), b=RunnableGenerator(words))
    stream = both.stream("a b c", {"callbacks": [heard]})
    next(stream)
    stream.close()
    heard.assert_all_runs_ended()


def test_representation_is_a_mapping():
    """The representation shows the keys and what they run, one per line."""
    assert repr(RunnableParallel(a=len, b=abs)) == (
        "{\n  a: RunnableLambda(len),\n  b: RunnableLambda(abs)\n}"
    )


class Doom(BaseException):
    """What no `except Exception` sees."""


class EndRefused(BaseCallbackHandler):
    """Refuses the end of the run of one name, and knows which runs are open."""

    run_inline = True

    def __init__(self, name):
        self.name = name
        self.open = {}

    def on_chain_start(self, serialized, inputs, *, run_id, name, **kwargs):
        self.open[run_id] = name

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        if self.open.pop(run_id) == self.name:
            raise Doom(self.name)

    def on_chain_error(self, error, *, run_id, **kwargs):
        del self.open[run_id]


@pytest.mark.parametrize("refused", ["first", "second", "RunnableParallel<inner>"])
def test_a_refused_end_is_raised_by_close(refused):
    """An exception that stops the closing of one branch reaches who closes; all are closed."""
    first, second = (RunnableGenerator(words).with_config(run_name=n) for n in ("first", "second"))
    nested = RunnableParallel(a=RunnableParallel(inner=first), b=second)
    handler = EndRefused(refused)
    stream = nested.stream("a b c", {"callbacks": [handler]})
    next(stream)
    while refused not in handler.open.values():  # the branches begin in threads
        next(stream)
    with pytest.raises(Doom, match=re.escape(refused)):
        stream.close()
    assert handler.open == {}


@pytest.mark.parametrize("refused", ["first", "RunnableParallel<inner>"])
def test_a_refused_end_is_raised_by_aclose(run, refused):
    """The same in async code."""
    first = RunnableGenerator(awords).with_config(run_name="first")
    nested = RunnableParallel(a=RunnableParallel(inner=first))
    handler = EndRefused(refused)

    async def leave():
        stream = nested.astream("a b c", {"callbacks": [handler]})
        await anext(stream)
        with pytest.raises(Doom, match=re.escape(refused)):
            await stream.aclose()
        assert handler.open == {}

    run(leave())
