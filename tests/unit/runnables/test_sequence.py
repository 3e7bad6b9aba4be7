from __future__ import annotations

import pytest

from ferrule.runnables import (
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnableSequence,
)

from .conftest import collect


def upper(chunks):
    for chunk in chunks:
        yield chunk.upper()


async def aupper(chunks):
    async for chunk in chunks:
        yield chunk.upper()


def test_operator_makes_runnables_of_functions_and_mappings():
    """Functions, generator functions and mappings become runnables on either side of `|`."""
    chain = {"a": len} | RunnableLambda(lambda d: d["a"]) | upper
    assert [type(step) for step in chain.steps] == [
        RunnableParallel,
        RunnableLambda,
        RunnableGenerator,
    ]


def test_sequences_are_flattened_and_keep_the_name():
    """Composing sequences makes one sequence; its name is the first that there is.

    A runnable before a named sequence makes a new one, without a name.
    """
    named = RunnableSequence(RunnableLambda(len), abs, name="mine")
    chain = named | abs
    assert len(chain.steps) == 3
    assert chain.name == "mine"
    assert (str | named).name == "mine"
    assert ((RunnableLambda(str) | str) | named).name == "mine"
    assert (RunnableLambda(str) | named).name is None
    assert named.pipe(abs).name is None


@pytest.mark.parametrize("thing", [5, None, "text", object()])
def test_a_thing_that_is_no_runnable_is_named(thing):
    """`|` with something that cannot run names its value and type."""
    with pytest.raises(TypeError, match=type(thing).__name__):
        RunnableLambda(len) | thing
    with pytest.raises(TypeError, match=type(thing).__name__):
        thing | RunnableLambda(len)


def test_a_class_of_runnables_is_no_step():
    """A forgotten pair of brackets is found when the chain is built."""
    with pytest.raises(TypeError, match=r"an instance: RunnablePassthrough\(\)"):
        RunnableLambda(len) | RunnablePassthrough


def test_fewer_than_two_steps_are_refused():
    """A sequence has at least two steps."""
    with pytest.raises(ValueError, match="two steps"):
        RunnableSequence(RunnableLambda(len))


def test_steps_are_first_middle_and_last():
    """The parts of a sequence are readable, and build an equal one."""
    chain = RunnableLambda(len) | abs | str
    again = RunnableSequence(first=chain.first, middle=chain.middle, last=chain.last)
    assert again.steps == chain.steps


def test_each_chunk_passes_all_steps_before_the_next():
    """Streaming is chunk by chunk, as far as every step can."""
    log = []

    def source(chunks):
        for chunk in chunks:
            for letter in chunk:
                log.append(letter)
                yield letter

    stream = (RunnableGenerator(source) | upper).stream("ab")
    assert next(stream) == "A"
    assert log == ["a"]
    assert list(stream) == ["B"]


def test_early_close_closes_the_steps_last_first():
    """When `close` returns, all steps have been closed, the last one first."""
    log = []

    def step(name):
        def gen(chunks):
            try:
                for chunk in chunks:  # noqa: UP028  `yield from` would close what it reads
                    yield chunk
            finally:
                log.append(name)

        return RunnableGenerator(gen)

    stream = (step("one") | step("two")).transform(iter(["a", "b"]))
    next(stream)
    stream.close()
    assert log == ["two", "one"]


def test_async_early_close_closes_the_steps(run):
    """`aclose` has closed all steps when it returns."""
    log = []

    def step(name):
        async def gen(chunks):
            try:
                async for chunk in chunks:
                    yield chunk
            finally:
                log.append(name)

        return RunnableGenerator(gen)

    async def source():
        yield "a"
        yield "b"

    async def use():
        stream = (step("one") | step("two")).atransform(source())
        first = await stream.__anext__()
        await stream.aclose()
        return first, list(log)

    assert run(use()) == ("a", ["two", "one"])


def test_async_stream(run):
    """An async stream passes through async steps chunk by chunk."""
    chain = RunnableGenerator(upper, aupper) | RunnablePassthrough()
    assert run(collect(chain.astream("ab"))) == ["AB"]


def test_keyword_arguments_go_to_the_first_step():
    """Keyword arguments of a call are the first step's, also when streaming."""
    chain = RunnableLambda(lambda x, by=1: x * by) | (lambda x: x + 1)
    assert chain.invoke(2, by=5) == 11
    assert list(chain.stream(2, by=5)) == [11]


def test_representation_shows_one_step_per_line():
    """The representation reads like the expression that made the sequence."""
    assert repr(RunnableLambda(len) | abs) == "RunnableLambda(len)\n| RunnableLambda(abs)"
