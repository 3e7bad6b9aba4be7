"""A failing handler breaks neither the run nor other handlers, unless it asks to raise."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from ferrule.language_models import FakeListChatModel
from ferrule.runnables import RunnableGenerator, RunnableLambda
from tests.support.hearing import Hearing

LOGGER = "ferrule.callbacks"
CHAIN_HOOKS = ("on_chain_start", "on_chain_end", "on_chain_error")


class Refusal(Exception):
    """What failing hooks raise."""


class Harder(BaseException):
    """What failing hooks raise that no `except Exception` sees."""


def failing(hook, error, *, raises, colour="sync", inline=False):
    """Make a handler whose hook fails, with a plain or a coroutine function."""

    def fail(self, *args, **kwargs):
        raise error

    async def afail(self, *args, **kwargs):
        raise error

    async def afail_later(self, *args, **kwargs):
        await asyncio.sleep(0)
        raise error

    base = BaseCallbackHandler if colour == "sync" else AsyncCallbackHandler
    method = {"sync": fail, "async": afail, "async later": afail_later}[colour]
    members = {hook: method, "raise_error": raises, "run_inline": inline}
    return type("Failing", (base,), members)()


def body(x):
    """Fail for a negative input."""
    if x < 0:
        raise ValueError(x)
    return x


async def abody(x):
    await asyncio.sleep(0)
    return body(x)


def run_sync(x, handlers):
    return RunnableLambda(body).invoke(x, {"callbacks": handlers})


def run_stream(x, handlers):
    return next(iter(list(RunnableLambda(body).stream(x, {"callbacks": handlers}))))


def run_async(x, handlers):
    async def main():
        return await RunnableLambda(abody).ainvoke(x, {"callbacks": handlers})

    return asyncio.run(main())


def run_async_on_sync(x, handlers):
    async def main():
        return await RunnableLambda(body).ainvoke(x, {"callbacks": handlers})

    return asyncio.run(main())


def run_astream(x, handlers):
    async def main():
        stream = RunnableLambda(abody).astream(x, {"callbacks": handlers})
        (chunk,) = [chunk async for chunk in stream]
        return chunk

    return asyncio.run(main())


def run_sync_in_loop(x, handlers):
    async def main():
        return RunnableLambda(body).invoke(x, {"callbacks": handlers})

    return asyncio.run(main())


RUNS = {
    "invoke": run_sync,
    "stream": run_stream,
    "ainvoke": run_async,
    "ainvoke of a sync function": run_async_on_sync,
    "astream": run_astream,
    "invoke in a loop": run_sync_in_loop,
}
COLOURS = ("sync", "async", "async later")


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("hook", CHAIN_HOOKS)
@pytest.mark.parametrize("run", RUNS)
def test_a_failure_is_logged_once_and_harms_nobody(run, hook, colour, inline, caplog):
    """The run goes on, others are told, and the log has handler, event and traceback, once."""
    before, after = Hearing(), Hearing()
    handler = failing(hook, Refusal("no"), raises=False, colour=colour, inline=inline)
    with caplog.at_level(logging.DEBUG, LOGGER):
        if hook == "on_chain_error":
            with pytest.raises(ValueError, match="-1"):
                RUNS[run](-1, [before, handler, after])
        else:
            assert RUNS[run](1, [before, handler, after]) == 1
    end = "chain_error" if hook == "on_chain_error" else "chain_end"
    assert before.hooks == after.hooks == ["chain_start", end]
    (record,) = [record for record in caplog.records if record.name == LOGGER]
    assert "Failing" in record.getMessage()
    assert hook in record.getMessage()
    assert record.levelno >= logging.WARNING
    assert isinstance(record.exc_info[1], Refusal)
    assert record.exc_info[2] is not None


@pytest.mark.parametrize("kind", [Refusal, StopIteration, Harder])
@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("hook", CHAIN_HOOKS)
@pytest.mark.parametrize("run", RUNS)
def test_raise_error_reaches_the_caller(run, hook, colour, inline, kind):
    """With raise_error the very exception is raised, and everybody hears one start and one end."""
    error = kind("no")
    if isinstance(error, StopIteration) and (colour != "sync" or run == "stream"):
        pytest.skip("a coroutine or generator cannot raise StopIteration: Python turns it")
    before, after = Hearing(), Hearing()
    handler = failing(hook, error, raises=True, colour=colour, inline=inline)
    with pytest.raises(BaseException) as caught:  # noqa: PT011  any class
        RUNS[run](-1 if hook == "on_chain_error" else 1, [before, handler, after])
    if not isinstance(error, StopIteration):
        assert caught.value is error
    for other in (before, after):
        assert len(other.hooks) == 2
        assert other.hooks[0] == "chain_start"
        assert other.hooks[1] in {"chain_end", "chain_error"}
    if hook == "on_chain_start":
        assert before.last()[0] == "on_chain_error"
        assert before.last()[1] is error or isinstance(error, StopIteration)


@pytest.mark.parametrize("run", RUNS)
def test_a_refused_run_has_no_body(run):
    """When a handler refuses the start, the body does not run."""
    ran = []
    handler = failing("on_chain_start", Refusal("no"), raises=True)
    with pytest.raises(Refusal):
        RunnableLambda(ran.append).invoke(1, {"callbacks": [handler]})
    assert ran == []


def test_the_bodys_error_is_context_of_the_handlers():
    """A handler that fails at the error event raises with the body's error as context."""
    handler = failing("on_chain_error", Refusal("no"), raises=True)
    for run in ("invoke", "ainvoke", "stream", "astream"):
        with pytest.raises(Refusal) as caught:
            RUNS[run](-1, [handler])
        assert isinstance(caught.value.__context__, ValueError), run


def test_two_refusals():
    """Of two handlers that refuse, the first one's exception is raised; both are logged."""
    first = failing("on_chain_start", Refusal("first"), raises=True)
    second = failing("on_chain_start", Refusal("second"), raises=True)
    for run in ("invoke", "ainvoke", "stream", "astream"):
        with pytest.raises(Refusal, match="first"):
            RUNS[run](1, [first, second])


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_an_interrupt_in_a_hook_is_never_swallowed(run, error):
    """An interrupt or exit in a hook reaches the caller without raise_error; runs are closed."""
    if "loop" in run or run.startswith("a"):
        pytest.skip("asyncio stops its loop on these: see test_cancellation")
    before, after = Hearing(), Hearing()
    handler = failing("on_chain_start", error, raises=False)
    with pytest.raises(type(error)):
        RUNS[run](1, [before, handler, after])
    assert before.hooks == after.hooks == ["chain_start", "chain_error"]


def test_raise_error_is_read_when_it_fails():
    """`raise_error` may be set on the object at any time, also by a property."""
    handler = failing("on_chain_start", Refusal("no"), raises=False)
    assert run_sync(1, [handler]) == 1
    handler.raise_error = True
    with pytest.raises(Refusal):
        run_sync(1, [handler])

    class Asks(type(handler)):
        asked = 0

        @property
        def raise_error(self):
            self.asked += 1
            return True

    asking = Asks()
    with pytest.raises(Refusal):
        run_sync(1, [asking])
    assert asking.asked >= 1


def test_tokens_that_a_handler_refuses():
    """A handler that refuses a token ends the model's run with its error."""
    handler = failing("on_llm_new_token", Refusal("no"), raises=True)
    hearing = Hearing()
    model = FakeListChatModel(responses=["abc"])
    with pytest.raises(Refusal):
        list(model.stream("hi", {"callbacks": [handler, hearing]}))
    assert hearing.hooks == ["chat_model_start", "llm_new_token", "llm_error"]


def test_a_failing_repr_breaks_nothing(caplog):
    """A handler whose repr fails too is reported all the same."""

    class Broken(BaseCallbackHandler):
        def __repr__(self):
            raise RuntimeError("no repr")

        def on_chain_start(self, *args, **kwargs):
            raise Refusal("no")

    assert run_sync(1, [Broken()]) == 1
    assert "Broken" in caplog.text


def test_a_failing_attribute_breaks_nothing(caplog):
    """A handler whose ignore flag fails does not break the run, and is reported."""

    class Broken(BaseCallbackHandler):
        @property
        def ignore_chain(self):
            raise Refusal("no flag")

        def on_chain_start(self, *args, **kwargs):
            pass

    hearing = Hearing()
    assert run_sync(1, [Broken(), hearing]) == 1
    assert hearing.hooks == ["chain_start", "chain_end"]
    assert "Broken" in caplog.text


def test_a_hook_with_a_wrong_signature_is_a_failing_hook(caplog):
    """A hook that cannot take the event's arguments is reported, not raised."""

    class Short(BaseCallbackHandler):
        def on_chain_start(self):
            pass

    assert run_sync(1, [Short()]) == 1
    assert "Short" in caplog.text


def test_a_hook_that_is_no_function(caplog):
    """A hook attribute that cannot be called is reported, and None is no hook."""

    class Odd(BaseCallbackHandler):
        on_chain_start = 5
        on_chain_end = None

    hearing = Hearing()
    assert run_sync(1, [Odd(), hearing]) == 1
    assert run_async(1, [Odd(), hearing]) == 1
    assert hearing.hooks == ["chain_start", "chain_end"] * 2


def refused(value):
    raise Refusal(f"not {value}")


async def arefused(value):
    raise Refusal(f"not {value}")


def refused_stream(values):
    for value in values:
        yield value
        refused(value)


FAILING = {
    "invoke": lambda config: RunnableLambda(refused).invoke(1, config),
    "ainvoke": lambda config: asyncio.run(RunnableLambda(arefused).ainvoke(1, config)),
    "sequence": lambda config: (RunnableLambda(abs) | refused).invoke(1, config),
    "stream": lambda config: list(RunnableGenerator(refused_stream).stream(1, config)),
}


@pytest.mark.parametrize("way", FAILING)
def test_the_failure_is_being_handled_at_its_event(way):
    """`traceback.format_exc` in an error hook shows the failure; no other hook sees one."""
    started, failed = [], []

    class Formatting(BaseCallbackHandler):
        run_inline = True

        def on_chain_start(self, *args, **kwargs):
            started.append(sys.exc_info()[1])

        def on_chain_error(self, error, **kwargs):
            failed.append((sys.exc_info()[1], error, traceback.format_exc()))

    with pytest.raises(Refusal):
        FAILING[way]({"callbacks": [Formatting()]})
    assert sys.exc_info() == (None, None, None)
    assert set(started) == {None}
    assert failed
    for handled, error, text in failed:
        assert handled is error
        assert "in refused" in text or "in arefused" in text


def test_what_a_caller_handles_stays_the_callers():
    """A generator resumed in an `except` block does not handle that exception afterwards."""

    def generator():
        with pytest.raises(Refusal):
            RunnableLambda(refused).invoke(1, {"callbacks": [Hearing()]})
        yield sys.exc_info()[1]
        yield sys.exc_info()[1]

    steps = generator()
    outer = ValueError("of the caller")
    try:
        raise outer
    except ValueError:
        assert next(steps) is outer
    assert next(steps) is None


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_fallback_that_fails(turns, inline, caplog):
    """A hook that fails in place of one that is not implemented breaks the run as little."""

    class Unable(AsyncCallbackHandler):
        run_inline = inline

        async def on_chat_model_start(self, *args, **kwargs):
            for _ in range(turns):
                await asyncio.sleep(0)
            raise NotImplementedError

        def on_llm_start(self, *args, **kwargs):
            raise Refusal("text")

    heard = Hearing()

    async def main():
        model = FakeListChatModel(responses=["a"])
        return await model.ainvoke("q", {"callbacks": [Unable(), heard]})

    with caplog.at_level(logging.WARNING, LOGGER):
        assert asyncio.run(main()).content == "a"
    assert heard.hooks == ["chat_model_start", "llm_end"]
    assert "text" in caplog.text
