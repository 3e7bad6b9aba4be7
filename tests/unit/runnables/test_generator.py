from __future__ import annotations

import pytest

from ferrule.runnables import RunnableGenerator

from .conftest import collect


def count(chunks):
    yield from chunks


async def acount(chunks):
    async for chunk in chunks:
        yield chunk


def test_chunks_are_summed_by_invoke(run):
    """`invoke` returns the sum of the chunks, or the last where they do not add up."""
    assert RunnableGenerator(count).invoke("a") == "a"
    assert RunnableGenerator(lambda_gen).invoke(0) == "end"
    assert run(RunnableGenerator(acount).ainvoke("a")) == "a"


def lambda_gen(chunks):
    yield 1
    yield "end"


def test_no_chunks_sum_to_none():
    """A generator that yields nothing gives `None`."""

    def nothing(chunks):
        yield from ()

    assert RunnableGenerator(nothing).invoke(1) is None


def test_only_generator_functions_are_accepted():
    """An ordinary function is refused, and named."""
    with pytest.raises(TypeError, match="len"):
        RunnableGenerator(len)
    with pytest.raises(TypeError, match="atransform"):
        RunnableGenerator(count, count)


class Once:
    """A chunk that adds up to nothing."""

    def __add__(self, other):
        raise ZeroDivisionError


def test_chunks_that_break_their_sum_close_the_stream(run):
    """Where `+` raises, the generator has been closed before that is raised, sync and async."""
    closed = []

    def chunks(inputs):
        try:
            yield Once()
            yield Once()
            yield Once()
        finally:
            closed.append("sync")

    async def achunks(inputs):
        try:
            yield Once()
            yield Once()
            yield Once()
        finally:
            closed.append("async")

    generator = RunnableGenerator(chunks, achunks)

    async def refused():
        with pytest.raises(ZeroDivisionError):
            await generator.ainvoke(1)
        return list(closed)

    with pytest.raises(ZeroDivisionError):
        generator.invoke(1)
    assert run(refused()) == ["sync", "async"]


def test_a_missing_colour_is_named(run):
    """Using the async methods of a sync generator, or the reverse, says what is missing."""
    with pytest.raises(NotImplementedError, match="acount"):
        RunnableGenerator(acount).stream(1)
    with pytest.raises(NotImplementedError, match="count"):
        run(collect(RunnableGenerator(count).astream(1)))


def test_run_manager_and_config_are_passed_if_named():
    """A generator function that names `config` gets the config for runs inside it."""

    def tags(chunks, config):
        yield config["tags"]

    assert list(RunnableGenerator(tags).stream(1, {"tags": ["t"]})) == [["t"]]


def test_name_equality_and_representation():
    """A generator is known by its functions."""
    assert RunnableGenerator(count).get_name() == "count"
    assert RunnableGenerator(count) == RunnableGenerator(count, name="x")
    assert RunnableGenerator(count) != RunnableGenerator(count, acount)
    assert repr(RunnableGenerator(count)) == "RunnableGenerator(count)"
