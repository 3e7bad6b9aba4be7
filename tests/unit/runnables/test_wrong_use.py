"""What is refused, and what is said of it: in the words of the one who got it wrong."""

from __future__ import annotations

import pytest

from ferrule.chat_history import InMemoryChatMessageHistory
from ferrule.runnables import (
    ConfigurableField,
    RouterRunnable,
    Runnable,
    RunnableAssign,
    RunnableBinding,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableWithFallbacks,
    RunnableWithMessageHistory,
)
from ferrule.runnables.each import RunnableEach

from .conftest import collect

step = RunnableLambda(lambda x: x)


def alternatives(**parts):
    return step.configurable_alternatives(ConfigurableField(id="which"), **parts)


def history_of(runnable, **keys):
    store = InMemoryChatMessageHistory()
    return RunnableWithMessageHistory(runnable, lambda: store, **keys)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RunnableParallel(a=step, b=5), r"key 'b': 5 \(int\) is not a runnable.*lambda _"),
        (lambda: {"b": 5} | step, r"key 'b': 5 \(int\) is not a runnable"),
        (lambda: step | {"b": lambda: 1}, r"key 'b': <lambda>\(\) takes no positional argument"),
        (lambda: RunnableLambda(lambda config: 1), "'config' where the input belongs"),
        (lambda: RunnablePassthrough(5), r"func is a function, but got 5 \(int\)"),
        (lambda: RunnablePassthrough(afunc=5), r"afunc is a function, but got 5 \(int\)"),
        (lambda: RunnablePick(5), r"a key or a list of keys, but got 5 \(int\)"),
        (lambda: step.pick(5), r"a key or a list of keys, but got 5 \(int\)"),
        (lambda: RunnableAssign(5), r"a RunnableParallel, but got 5 \(int\)"),
        (lambda: RunnableAssign({"a": len}), r"use RunnablePassthrough\.assign"),
        (lambda: RouterRunnable(5), r"a mapping of keys to runnables, but got 5 \(int\)"),
        (lambda: RunnableEach(bound=5), r"is a runnable, but got 5 \(int\)"),
        (lambda: RunnableBinding(bound=5), r"What is bound is a runnable, but got 5 \(int\)"),
        (lambda: RunnableBinding(bound=RunnablePick), r"got <class .*Pick'> \(ABCMeta\)"),
        (
            lambda: RunnableWithFallbacks(runnable=5, fallbacks=[step]),
            r"What has fallbacks is a runnable, but got 5",
        ),
        (lambda: step.with_fallbacks([5]), r"A fallback is a runnable, but got 5"),
        (lambda: history_of(len), r"What has a history is a runnable, but got <built-in"),
        (lambda: step.configurable_alternatives(5), r"which is a ConfigurableField, but got 5"),
        (lambda: alternatives(a=5), r"The alternative 'a' is a runnable, but got 5 \(int\)"),
        (
            lambda: step.with_retry(stop_after_attempt="a"),
            r"stop_after_attempt is a number, but got 'a' \(str\)",
        ),
        (
            lambda: step.with_retry(exponential_jitter_params=5),
            r"exponential_jitter_params is a dict, but got 5 \(int\)",
        ),
        (lambda: step.as_tool(args_schema=5), r"args_schema is a pydantic model, but got 5"),
        (lambda: step.as_tool(arg_types=5), r"arg_types is a dict .* but got 5 \(int\)"),
        (
            lambda: step.astream_events(1, include_types="chain"),
            r"include_types is a list of strings, but got 'chain' \(str\)",
        ),
        (lambda: step.get_graph(5), r"config is a dict, got 5 \(int\)"),
        (lambda: (step | step).get_prompts(5), r"config is a dict, got 5 \(int\)"),
        (
            lambda: step.astream_events(1, exclude_names=5),
            r"exclude_names is a list of strings, but got 5 \(int\)",
        ),
    ],
)
def test_wrong_parts_are_refused_where_they_are_given(make, message):
    """A part of the wrong kind is refused when the runnable is made, by name and value."""
    with pytest.raises(TypeError, match=message):
        make()


def test_waits_between_attempts_have_known_names():
    """A mistyped parameter of the waits is no silent default."""
    with pytest.raises(ValueError, match="has 'intial'; it takes initial, max, exp_base, jitter"):
        step.with_retry(exponential_jitter_params={"intial": 1})


def test_a_stream_is_transformed_by_its_own_colour(run, heard):
    """What is no stream, or one of the other colour, is refused before anything is told."""

    async def chunks():
        yield 1

    config = {"callbacks": [heard]}
    with pytest.raises(TypeError, match=r"an iterable of inputs, got 5 \(int\); atransform takes"):
        step.transform(5, config)
    with pytest.raises(TypeError, match=r"an iterable of inputs, got .*\(async_generator\)"):
        step.transform(chunks(), config)
    with pytest.raises(TypeError, match=r"an async iterable of inputs, got \[1\] \(list\)"):
        run(collect(step.atransform([1], config)))
    assert heard.trace.names == []


@pytest.mark.parametrize("given", [step, RunnablePassthrough()])
def test_a_sequence_transforms_a_stream_only(given, run):
    """The same in a sequence, by whichever step reads the stream."""
    with pytest.raises(TypeError, match=r"an iterable of inputs, got 5 \(int\)"):
        list((given | step).transform(5))


def test_a_runnable_of_ones_own_transforms_a_stream_only(run):
    """The same of a runnable whose `transform` is the inherited one."""

    class Own(Runnable):
        def invoke(self, input, config=None, **kwargs):
            return input

    with pytest.raises(TypeError, match=r"an iterable of inputs, got 5 \(int\); atransform takes"):
        list(Own().transform(5))
    with pytest.raises(TypeError, match=r"an async iterable of inputs, got \[1\] \(list\)"):
        run(collect(Own().atransform([1])))


def test_an_async_function_returns_an_awaitable(run, heard):
    """An `afunc` that is no coroutine function is named, as the error of its run."""

    def plain(x):
        return x

    with pytest.raises(TypeError, match=r"plain at .* returned 1 \(int\); make it an async"):
        run(RunnableLambda(plain, afunc=plain).ainvoke(1, {"callbacks": [heard]}))
    with pytest.raises(TypeError, match=r"returned 1 \(int\); make it an async"):
        run(RunnablePassthrough(afunc=plain).ainvoke(1))
    assert heard.trace.names == ["on_chain_start", "on_chain_error"]


def test_anything_that_returns_an_awaitable_is_an_async_function(run):
    """A callable object, and a function that hands on a coroutine, will do."""

    class Doubling:
        async def __call__(self, x):
            return 2 * x

    double = Doubling()
    assert run(RunnableLambda(len, afunc=double).ainvoke(1)) == 2
    assert run(RunnableLambda(len, afunc=lambda x: double(x)).ainvoke(1)) == 2  # noqa: PLW0108


def test_an_async_generator_function_has_no_sync_form():
    """What cannot be invoked synchronously is called what it is."""

    async def chunks(x):
        yield x

    with pytest.raises(TypeError, match=r"wraps an async generator function, which has no sync"):
        RunnableLambda(chunks).invoke(1)
    with pytest.raises(TypeError, match="is asynchronous and cannot be streamed synchronously"):
        RunnableLambda(chunks).stream(1)


def test_input_that_cannot_be_stored_does_not_run(heard):
    """A history looks for the input's messages before the runnable runs, in a run that fails."""
    ran = []
    chat = history_of(
        RunnableLambda(ran.append), input_messages_key="question", history_messages_key="past"
    )
    with pytest.raises(KeyError, match="have the key 'question'; there are only"):
        chat.invoke({"qestion": "hi"}, {"callbacks": [heard]})
    assert ran == []
    assert heard.trace.names.count("on_chain_error") == heard.trace.names.count("on_chain_start")
