"""How hooks are called: as a call by hand would call them, whatever their signature."""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler, CallbackManager
from ferrule.runnables import RunnableLambda

echo = RunnableLambda(lambda x: x, name="echo")

# Often enough for whatever is made of a hook to be made and used.
OFTEN = 80


def told(kind):
    """Run often with a handler of the class; return what it noted."""
    handler = kind()
    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [handler], "tags": ["t"], "run_name": "named"})
    return handler.heard


class Noting(BaseCallbackHandler):
    """Notes what its hooks are called with, and fails if they cannot be."""

    raise_error = True

    def __init__(self):
        self.heard = []


class OnlyKeywords(Noting):
    """The payload by name, all else as keywords."""

    def on_chain_start(self, serialized, inputs, **kwargs):
        self.heard.append((serialized["name"], inputs, sorted(kwargs), kwargs["name"]))


class SomeNamed(Noting):
    """Keywords that could be meant by position, too, with defaults."""

    def on_chain_start(self, serialized, inputs, run_id, tags=None, absent=7, **kwargs):
        assert run_id is not None
        assert (tags, absent) == (["t"], 7)
        rest = {*kwargs, "run_id", "tags"}
        self.heard.append((serialized["name"], inputs, sorted(rest), kwargs["name"]))


class KeywordOnly(Noting):
    """Keyword-only parameters, with and without defaults."""

    def on_chain_start(self, serialized, inputs, *, name, absent=7, **kwargs):
        assert absent == 7
        self.heard.append((serialized["name"], inputs, sorted({*kwargs, "name"}), name))


class AllPacked(Noting):
    """Nothing named."""

    def on_chain_start(*args, **kwargs):
        self, serialized, inputs = args
        self.heard.append((serialized["name"], inputs, sorted(kwargs), kwargs["name"]))


class PositionalOnly(Noting):
    """Positional-only already, under names that are keywords of the event."""

    def on_chain_start(self, name, run_id, /, **kwargs):
        self.heard.append((name["name"], run_id, sorted(kwargs), kwargs["name"]))


@pytest.mark.parametrize("kind", [OnlyKeywords, SomeNamed, KeywordOnly, AllPacked, PositionalOnly])
def test_every_signature_gets_the_same(kind):
    """Payload and keywords arrive where the signature wants them."""
    keywords = ["metadata", "name", "parent_run_id", "run_id", "run_type", "tags"]
    assert told(kind) == [("named", 1, keywords, "named")] * OFTEN


def test_the_closure_is_the_hooks():
    """Zero-argument super and variables around the class are seen as they are at the time."""
    seen = []
    around = "before"

    class Base(BaseCallbackHandler):
        def on_chain_end(self, outputs, **kwargs):
            seen.append((outputs, around))

    class Handler(Base):
        def on_chain_end(self, outputs, **kwargs):
            super().on_chain_end(outputs * 2, **kwargs)

    handler = Handler()
    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [handler]})
    around = "after"
    echo.invoke(1, {"callbacks": [handler]})
    assert seen == [(2, "before")] * OFTEN + [(2, "after")]


def test_code_that_is_replaced_is_noticed():
    """Reloading tools replace the code of functions, which changes no class."""

    class Handler(BaseCallbackHandler):
        def on_chain_end(self, outputs, **kwargs):
            heard.append("old")

    def new(self, outputs, **kwargs):
        heard.append("new")

    heard = []
    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [Handler()]})
    Handler.on_chain_end.__code__ = new.__code__
    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [Handler()]})
    assert heard == ["old"] * OFTEN + ["new"] * OFTEN


def test_defaults_that_are_replaced_are_noticed():
    """So are defaults, of both kinds of parameters, replaced or changed in place."""

    class Handler(BaseCallbackHandler):
        def on_chain_end(self, outputs, more=1, *, further=2, **kwargs):
            heard.append((more, further))

    heard = []

    def run():
        echo.invoke(1, {"callbacks": [Handler()]})

    for _ in range(OFTEN):
        run()
    Handler.on_chain_end.__defaults__ = (3,)
    run()
    Handler.on_chain_end.__kwdefaults__["further"] = 4
    run()
    Handler.on_chain_end.__kwdefaults__ = {"further": 5}
    run()
    assert heard == [(1, 2)] * OFTEN + [(3, 2), (3, 4), (3, 5)]


def test_a_keyword_that_means_the_payload_is_an_error():
    """A hook that names its payload like a keyword of the event gets both, as in any call."""

    class Handler(BaseCallbackHandler):
        raise_error = True

        def on_chain_end(self, run_id, **kwargs): ...

    for _ in range(OFTEN):
        with pytest.raises(TypeError, match="multiple values for argument 'run_id'"):
            echo.invoke(1, {"callbacks": [Handler()]})


def test_a_keyword_of_the_callers_that_means_the_payload_is_an_error():
    """So it is where the keyword is passed on for one event only."""

    class Handler(BaseCallbackHandler):
        raise_error = True

        def on_chain_end(self, result, **kwargs):
            heard.append((result, kwargs.get("extra")))

    heard = []
    run = CallbackManager.configure([Handler()]).on_chain_start({}, 1)
    for _ in range(OFTEN):
        run.on_chain_end(1)
    run.on_chain_end(1, extra=2)
    with pytest.raises(TypeError, match="multiple values for argument 'result'"):
        run.on_chain_end(1, result=3)
    run.on_chain_end(4)
    assert heard == [(1, None)] * OFTEN + [(1, 2), (4, None)]


def test_too_few_parameters():
    """The error is that of the call by hand."""

    class Handler(BaseCallbackHandler):
        raise_error = True

        def on_chain_end(self, **kwargs): ...

    with pytest.raises(TypeError) as by_hand:
        Handler().on_chain_end(1)
    for _ in range(OFTEN):
        with pytest.raises(TypeError) as told:
            echo.invoke(1, {"callbacks": [Handler()]})
        assert str(told.value) == str(by_hand.value)


def test_a_traceback_shows_the_hook():
    """The hook's name, file and line are in the traceback of what it raises."""

    class Handler(BaseCallbackHandler):
        raise_error = True

        def on_chain_end(self, outputs, **kwargs):
            raise KeyError(outputs)

    _, first = inspect.getsourcelines(Handler.on_chain_end)
    for _ in range(OFTEN):
        with pytest.raises(KeyError) as raised:
            echo.invoke(1, {"callbacks": [Handler()]})
        last = traceback.extract_tb(raised.value.__traceback__)[-1]
        assert (last.name, last.filename, last.lineno) == ("on_chain_end", __file__, first + 1)


def test_a_tracer_sees_the_hooks_lines():
    """What traces by file and line, as debuggers do, stops in hooks."""

    class Handler(BaseCallbackHandler):
        def on_chain_end(self, outputs, **kwargs):
            heard.append(outputs)

    heard, lines = [], []
    _, first = inspect.getsourcelines(Handler.on_chain_end)

    def trace(frame, kind, _argument):
        if frame.f_code.co_filename == __file__ and kind == "line":
            lines.append(frame.f_lineno)
        return trace

    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [Handler()]})
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        echo.invoke(1, {"callbacks": [Handler()]})
    finally:
        sys.settrace(before)
    assert first + 1 in lines


def test_async_hooks_get_the_same():
    """Coroutine functions are called by the same rules."""

    class Handler(AsyncCallbackHandler):
        raise_error = True

        async def on_chain_start(self, serialized, inputs, run_id, **kwargs):
            await asyncio.sleep(0)
            heard.append((inputs, sorted(kwargs)))

        async def on_chain_end(self, run_id, **kwargs): ...

    async def aecho(x):
        return x

    heard = []

    async def main():
        with pytest.raises(TypeError, match="multiple values for argument 'run_id'"):
            await RunnableLambda(aecho).ainvoke(1, {"callbacks": [Handler()]})

    for _ in range(OFTEN):
        asyncio.run(main())
    keywords = ["metadata", "name", "parent_run_id", "run_type", "tags"]
    assert heard == [(1, keywords)] * OFTEN


@pytest.mark.parametrize("form", [staticmethod, classmethod])
def test_other_forms_are_bound_by_their_own_rules(form):
    """Static and class methods are no functions of the type."""

    class Handler(BaseCallbackHandler):
        @form
        def on_chain_end(*args, **kwargs):
            heard.append(args)

    heard = []
    for _ in range(OFTEN):
        echo.invoke(1, {"callbacks": [Handler()]})
    bound = () if form is staticmethod else (Handler,)
    assert heard == [(*bound, 1)] * OFTEN
