from __future__ import annotations

import asyncio
import functools
from operator import itemgetter

import pytest

from ferrule.runnables import RunnableGenerator, RunnableLambda

from .conftest import collect


def test_name_comes_from_the_function():
    """A run is named after the function, unless that has no name of its own."""

    def greet(name):
        return name

    async def agreet(name):
        return name

    assert RunnableLambda(greet).get_name() == "greet"
    assert RunnableLambda(greet, agreet).get_name() == "greet"
    assert RunnableLambda(lambda x: x).get_name() == "RunnableLambda"
    assert RunnableLambda(greet, name="hello").get_name() == "hello"


def test_a_class_is_no_problem_as_a_function():
    """Anything that can be called with the input can be a step."""
    assert RunnableLambda(int).invoke("3") == 3


@pytest.mark.parametrize("func", [lambda: 1, lambda *, x: x])
def test_impossible_signatures_are_refused_when_built(func):
    """A function that cannot take the input is refused at once, by its name and signature."""
    with pytest.raises(TypeError, match="<lambda>"):
        RunnableLambda(func)


def test_something_that_is_no_function_is_named():
    """Building a lambda of a value names the value and its type."""
    with pytest.raises(TypeError, match=r"5 \(int\)"):
        RunnableLambda(5)
    with pytest.raises(TypeError, match=r"5 \(int\)"):
        RunnableLambda(len, afunc=5)


def test_two_async_functions_are_refused():
    """An async `func` leaves no place for an `afunc`."""

    async def one(x):
        return x

    async def two(x):
        return x

    with pytest.raises(TypeError, match="two"):
        RunnableLambda(one, two)


@pytest.mark.parametrize("method", ["invoke", "stream"])
def test_sync_use_of_a_coroutine_function_names_it_before_any_event(heard, method):
    """A coroutine function is refused at the call, and no handler hears of it."""

    async def look_up(x):
        return x

    with pytest.raises(TypeError, match="look_up"):
        getattr(RunnableLambda(look_up), method)(1, {"callbacks": [heard]})
    assert not heard.trace.names


def test_streaming_a_generator_function():
    """A generator function is streamed chunk by chunk, and summed by `invoke`."""

    def letters(word):
        yield from word

    step = RunnableLambda(letters)
    assert list(step.stream("abc")) == ["a", "b", "c"]
    assert step.invoke("abc") == "abc"


def test_async_streaming_of_a_sync_generator_function(run):
    """A sync generator function streams under `astream` too."""

    def letters(word):
        yield from word

    assert run(collect(RunnableLambda(letters).astream("abc"))) == ["a", "b", "c"]


def test_async_generator_function_is_closed_with_the_stream(run):
    """Closing the stream early has closed the generator when `aclose` returns."""
    log = []

    async def numbers(x):
        try:
            yield x
            yield x + 1
        finally:
            log.append("closed")

    async def use():
        stream = RunnableLambda(numbers).astream(1)
        first = await stream.__anext__()
        await stream.aclose()
        return first, list(log)

    assert run(use()) == (1, ["closed"])


def test_a_returned_runnable_is_streamed(run):
    """A runnable that the function returns is streamed in its place."""

    def letters(word):
        yield from word

    inner = RunnableLambda(letters)
    outer = RunnableLambda(lambda _: inner)
    assert list(outer.stream("ab")) == ["a", "b"]
    assert run(collect(outer.astream("ab"))) == ["a", "b"]


def test_endless_returns_hit_the_recursion_limit_when_streamed():
    """A function that returns itself fails with the limit, not with a full stack."""
    again = RunnableLambda(lambda _: again)
    with pytest.raises(RecursionError, match="recursion"):
        list(again.stream(1, {"recursion_limit": 3}))


def test_a_stream_without_input_has_no_output(run):
    """No input chunk, no call, no output."""
    called = []
    step = RunnableLambda(called.append)

    async def nothing():
        for item in ():
            yield item

    assert list(step.transform(iter(()))) == []
    assert run(collect(step.atransform(nothing()))) == []
    assert not called


def test_config_and_kwargs_reach_a_streamed_function():
    """Streaming passes the config for runs inside, and bound arguments."""

    def scale(x, config, by=1):
        return x * by, config["tags"]

    step = RunnableLambda(scale).bind(by=3)
    assert list(step.stream(2, {"tags": ["t"]})) == [(6, ["t"])]


def test_partial_and_callable_objects():
    """Partials and objects with `__call__` work, sync and async."""

    class Adder:
        async def __call__(self, x):
            return x + 1

    assert RunnableLambda(functools.partial(pow, 2)).invoke(3) == 8
    assert asyncio.run(RunnableLambda(Adder()).ainvoke(1)) == 2


def test_equality_follows_the_function():
    """Two lambdas of one function are equal, and hash alike."""
    assert RunnableLambda(len) == RunnableLambda(len)
    assert RunnableLambda(len) != RunnableLambda(abs)
    assert hash(RunnableLambda(len)) == hash(RunnableLambda(len))


def test_representation_shows_the_function():
    """The representation is the function's name, a lambda's source, or the item getter."""
    step = RunnableLambda(lambda x: x + 1)
    assert repr(RunnableLambda(len)) == "RunnableLambda(len)"
    assert repr(step) == "RunnableLambda(lambda x: x + 1)"
    assert repr(RunnableLambda(itemgetter("a"))) == "RunnableLambda(itemgetter('a'))"


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [("ainvoke", 1, 2), ("abatch", [1, 2], [2, 3]), ("astream", 1, 2)],
)
def test_an_async_method_of_a_runnable_is_a_step(method, value, expected):
    """What a runnable's async methods make is awaited, as that of coroutine functions is."""
    inner = RunnableLambda(lambda x: x + 1)
    step = RunnableLambda(getattr(inner, method))
    assert asyncio.run(step.ainvoke(value)) == expected


def test_a_stream_of_a_runnable_is_a_step():
    """What a runnable's `stream` makes is passed on piece by piece, as a generator's is."""

    def letters(chunks):
        for chunk in chunks:
            yield from chunk

    inner = RunnableGenerator(letters)
    assert list(RunnableLambda(inner.stream).stream("abc")) == ["a", "b", "c"]


def test_an_async_method_of_a_runnable_has_no_sync_form():
    """A step that is another runnable's `ainvoke` says so when it is invoked."""
    inner = RunnableLambda(lambda x: x + 1)
    with pytest.raises(TypeError, match="coroutine function"):
        RunnableLambda(inner.ainvoke).invoke(1)
