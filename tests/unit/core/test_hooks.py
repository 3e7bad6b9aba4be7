"""Which hooks are called: overridden anywhere and at any time, on any object, in any colour."""

# Bodies are lambdas where the method itself would be given the config: what matters is that
# they pass none on.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import functools
from unittest import mock

import pytest

from ferrule.callbacks import (
    AsyncCallbackHandler,
    BaseCallbackHandler,
    CallbackManager,
    dispatch_custom_event,
)
from ferrule.language_models import FakeListChatModel, FakeListLLM
from ferrule.runnables import RunnableLambda
from ferrule.tools import tool
from tests.support.hearing import Hearing

echo = RunnableLambda(lambda x: x, name="echo")


async def _aecho(x):
    return x


aecho = RunnableLambda(_aecho, name="echo")


def run(handler, colour="sync"):
    """Run once, sync or async."""
    config = {"callbacks": [handler]}
    if colour == "sync":
        return echo.invoke(1, config)

    async def main():
        return await aecho.ainvoke(1, config)

    return asyncio.run(main())


COLOURS = pytest.mark.parametrize("colour", ["sync", "async"])


@COLOURS
def test_a_handler_without_base_class(colour):
    """Any object with hooks is a handler, also one with no other attribute."""

    class Plain:
        __slots__ = ("heard",)

        def __init__(self):
            self.heard = []

        def on_chain_start(self, serialized, inputs, **kwargs):
            self.heard.append(inputs)

    handler = Plain()
    assert run(handler, colour) == 1
    assert handler.heard == [1]


@COLOURS
def test_a_mock_handler(colour):
    """A Mock is a handler whose every hook is called."""
    handler = mock.Mock(raise_error=False, run_inline=True)
    for name in ("chain", "llm", "chat_model", "agent", "retriever", "retry", "custom_event"):
        setattr(handler, f"ignore_{name}", False)
    assert run(handler, colour) == 1
    handler.on_chain_start.assert_called_once()
    handler.on_chain_end.assert_called_once()
    assert handler.on_chain_end.call_args.args == (1,)


@COLOURS
def test_a_magic_mock_of_a_handler(colour):
    """A Mock with the interface of a handler hears, too."""
    handler = mock.MagicMock(spec=BaseCallbackHandler)
    handler.raise_error = False
    handler.ignore_chain = False
    assert run(handler, colour) == 1
    handler.on_chain_start.assert_called_once()


@COLOURS
def test_an_async_mock(colour):
    """A hook that is an AsyncMock is awaited."""
    handler = BaseCallbackHandler()
    handler.on_chain_end = mock.AsyncMock()
    assert run(handler, colour) == 1
    handler.on_chain_end.assert_awaited_once()


@COLOURS
def test_a_hook_set_on_the_object(colour):
    """A hook set on a handler object is called, also when it is set after the first use."""
    handler, heard = BaseCallbackHandler(), []
    run(handler, colour)
    handler.on_chain_start = lambda serialized, inputs, **kwargs: heard.append(inputs)
    run(handler, colour)
    assert heard == [1]
    del handler.on_chain_start
    run(handler, colour)
    assert heard == [1]


@COLOURS
def test_a_hook_set_on_the_object_in_the_middle_of_a_run(colour):
    """A hook that is set on a handler object while a run is open hears its end."""
    handler, heard = BaseCallbackHandler(), []

    def body(x):
        handler.on_chain_end = lambda outputs, **kwargs: heard.append(outputs)
        return x

    async def abody(x):
        return body(x)

    config = {"callbacks": [handler]}
    if colour == "sync":
        RunnableLambda(body).invoke(1, config)
    else:
        asyncio.run(_awaited(RunnableLambda(abody).ainvoke, 1, config))
    assert heard == [1]


@COLOURS
def test_a_type_patched_after_use(colour, monkeypatch):
    """A hook that is put on a handler's class, or on its base, is called from then on."""
    heard = []

    class Base(BaseCallbackHandler):
        pass

    class Handler(Base):
        pass

    handler = Handler()
    run(handler, colour)
    Base.on_chain_end = lambda self, outputs, **kwargs: heard.append("base")
    run(handler, colour)
    Handler.on_chain_end = lambda self, outputs, **kwargs: heard.append("class")
    run(handler, colour)
    del Handler.on_chain_end
    run(handler, colour)
    del Base.on_chain_end
    run(handler, colour)
    assert heard == ["base", "class", "base"]


@COLOURS
def test_the_base_class_patched(colour, monkeypatch):
    """What is put on the class that all handlers inherit from overrides what it had there."""
    heard = []

    class Handler(BaseCallbackHandler):
        pass

    handler = Handler()
    run(handler, colour)
    monkeypatch.setattr(
        BaseCallbackHandler, "on_chain_end", lambda self, outputs, **kwargs: heard.append(outputs)
    )
    run(handler, colour)
    assert len(heard) == 1
    monkeypatch.setattr(BaseCallbackHandler, "ignore_chain", property(lambda self: True))
    run(handler, colour)
    assert len(heard) == 1
    monkeypatch.undo()
    run(handler, colour)
    assert len(heard) == 1


@COLOURS
def test_a_type_patched_in_the_middle_of_a_run(colour):
    """A hook that appears while a run is open hears its end."""
    heard = []

    class Handler(BaseCallbackHandler):
        pass

    def body(x):
        Handler.on_chain_end = lambda self, outputs, **kwargs: heard.append(outputs)
        return x

    async def abody(x):
        return body(x)

    config = {"callbacks": [Handler()]}
    if colour == "sync":
        RunnableLambda(body).invoke(1, config)
    else:
        asyncio.run(_awaited(RunnableLambda(abody).ainvoke, 1, config))
    assert heard == [1]


async def _awaited(method, *args):
    return await method(*args)


@COLOURS
def test_a_class_that_is_changed(colour):
    """A handler whose class is assigned anew is told by its new class's hooks."""
    heard = []

    class Deaf(BaseCallbackHandler):
        pass

    class Hears(BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, **kwargs):
            heard.append(inputs)

    handler = Deaf()
    run(handler, colour)
    handler.__class__ = Hears
    run(handler, colour)
    assert heard == [1]


@COLOURS
def test_hooks_of_every_form(colour):
    """Static and class methods, partials, callables and descriptors are hooks as methods are."""
    heard = []

    def hook(outputs, **kwargs):
        heard.append(outputs)

    class Callable:
        def __call__(self, outputs, **kwargs):
            heard.append(outputs)

    class Static(BaseCallbackHandler):
        on_chain_end = staticmethod(hook)

    class OfClass(BaseCallbackHandler):
        @classmethod
        def on_chain_end(cls, outputs, **kwargs):
            heard.append(outputs)

    class Partial(BaseCallbackHandler):
        on_chain_end = staticmethod(functools.partial(hook))

    class Called(BaseCallbackHandler):
        on_chain_end = Callable()

    class Property(BaseCallbackHandler):
        @property
        def on_chain_end(self):
            return hook

    class Dynamic:
        def __getattr__(self, name):
            if name == "on_chain_end":
                return hook
            raise AttributeError(name)

    for cls in (Static, OfClass, Partial, Called, Property, Dynamic):
        heard.clear()
        handler = cls()
        run(handler, colour)
        run(handler, colour)
        assert heard == [1, 1], cls


@COLOURS
def test_an_awaitable_from_any_hook_is_awaited(colour):
    """What a hook returns is awaited: coroutines, futures, objects with __await__."""
    done = []

    async def later():
        await asyncio.sleep(0)
        done.append("awaited")

    class Waits:
        def __await__(self):
            yield from later().__await__()

    class FromPlainHook(BaseCallbackHandler):
        def on_chain_start(self, *args, **kwargs):
            return later()

    class FromObject(BaseCallbackHandler):
        def on_chain_start(self, *args, **kwargs):
            return Waits()

    class Inline(FromPlainHook):
        run_inline = True

    class FromCoroutine(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            await later()

    for cls in (FromPlainHook, FromObject, Inline, FromCoroutine):
        done.clear()
        assert run(cls(), colour) == 1
        assert done == ["awaited"], cls


def test_a_task_from_a_hook_is_awaited():
    """A task that an inline hook starts on the running loop is awaited."""
    done = []

    class Starts(BaseCallbackHandler):
        run_inline = True

        def on_chain_start(self, *args, **kwargs):
            async def later():
                await asyncio.sleep(0)
                done.append("task")

            return asyncio.ensure_future(later())

    run(Starts(), "async")
    assert done == ["task"]


@COLOURS
def test_equal_handlers_are_two(colour):
    """Handlers are told apart by identity; the same one is told once."""

    class Same(Hearing):
        def __eq__(self, other):
            return True

        __hash__ = None

    first, second = Same(), Same()
    config = {"callbacks": [first, second, first]}
    if colour == "sync":
        echo.invoke(1, config)
    else:
        asyncio.run(_awaited(aecho.ainvoke, 1, config))
    assert first.hooks == second.hooks == ["chain_start", "chain_end"]


@pytest.mark.parametrize("form", ["property", "class attribute", "instance attribute"])
@COLOURS
def test_ignore_chain(colour, form):
    """A handler that ignores chains is told of none, however it says so."""
    members = {}
    if form == "property":
        members["ignore_chain"] = property(lambda self: True)
    elif form == "class attribute":
        members["ignore_chain"] = True
    elif form == "instance attribute":
        members["ignore_chain"] = False
    handler = type("Ignores", (Hearing,), members)()
    if form == "instance attribute":
        handler.ignore_chain = True
    run(handler, colour)
    assert handler.events == []


@COLOURS
def test_a_handler_with_attributes_is_asked_at_each_event(colour):
    """A handler that keeps state gets hooks and flags set, and loses them, between two events."""

    class Stateful(Hearing):
        ignore_chain = False

        def __init__(self):
            super().__init__()
            self.count, self.seen = 0, {}

        def on_chain_start(self, serialized, inputs, **kwargs):
            self.count += 1
            super().on_chain_start(serialized, inputs, **kwargs)

    handler, heard = Stateful(), []
    for _ in range(100):  # whatever is remembered of the class is remembered by now
        run(handler, colour)
    assert handler.count == 100
    before = list(handler.events)

    handler.on_chain_start = lambda serialized, inputs, **kwargs: heard.append(inputs)
    run(handler, colour)
    assert (heard, handler.count, len(handler.events)) == ([1], 100, len(before) + 1)
    del handler.on_chain_start
    handler.ignore_chain = True
    run(handler, colour)
    assert (heard, handler.count, len(handler.events)) == ([1], 100, len(before) + 1)
    handler.ignore_chain = False
    run(handler, colour)
    assert (heard, handler.count, len(handler.events)) == ([1], 101, len(before) + 3)


@COLOURS
def test_a_flag_set_on_an_object_whose_class_has_none(colour):
    """A handler of any class turns a group down by an attribute of its own."""

    class Plain:
        raise_error = run_inline = False

        def __init__(self):
            self.count = 0

        def on_chain_start(self, serialized, inputs, **kwargs):
            self.count += 1

    handler = Plain()
    run(handler, colour)
    handler.ignore_chain = True
    run(handler, colour)
    assert handler.count == 1
    del handler.ignore_chain
    run(handler, colour)
    assert handler.count == 2


def test_an_ignore_flag_that_changes():
    """An ignore flag is asked at each event."""

    class Fickle(Hearing):
        ignore = False

        @property
        def ignore_chain(self):
            return self.ignore

    handler = Fickle()

    def body(x):
        handler.ignore = True
        return x

    RunnableLambda(body).invoke(1, {"callbacks": [handler]})
    assert handler.hooks == ["chain_start"]


@pytest.mark.parametrize(
    ("flag", "silent"),
    [
        ("ignore_llm", {"llm_start", "llm_new_token", "llm_end", "chat_model_start"}),
        ("ignore_chat_model", {"chat_model_start"}),
        ("ignore_chain", {"chain_start", "chain_end"}),
        ("ignore_agent", {"tool_start", "tool_end"}),
        ("ignore_custom_event", {"custom_event"}),
    ],
)
def test_each_flag_silences_its_events(flag, silent):
    """An ignore flag silences its group of events and no other."""

    @tool
    def shout(text: str) -> str:
        """Shout."""
        return text.upper()

    def body(x):
        dispatch_custom_event("mine", x)
        FakeListLLM(responses=["a"]).invoke(x)
        "".join(FakeListLLM(responses=["a"]).stream(x))
        FakeListChatModel(responses=["b"]).invoke(x)
        return shout.invoke(x)

    everything, some = Hearing(), Hearing()
    RunnableLambda(body).invoke("x", {"callbacks": [everything]})
    some = type("Some", (Hearing,), {flag: True})()
    RunnableLambda(body).invoke("x", {"callbacks": [some]})
    heard, expected = set(some.hooks), set(everything.hooks) - silent
    if flag == "ignore_llm":
        heard.discard("chat_model_start")
    assert heard == expected


def test_a_handler_without_chat_hook_hears_text():
    """A handler that has on_llm_start only gets the messages as text."""
    heard = []

    class Texts(BaseCallbackHandler):
        def on_llm_start(self, serialized, prompts, **kwargs):
            heard.append(prompts)

    model = FakeListChatModel(responses=["b"])
    model.invoke("hello", {"callbacks": [Texts()]})
    asyncio.run(_awaited(model.ainvoke, "hello", {"callbacks": [Texts()]}))
    assert heard == [["Human: hello"]] * 2


@COLOURS
def test_not_implemented_falls_back(colour, caplog):
    """on_chat_model_start that raises NotImplementedError passes to on_llm_start, in silence."""
    heard = []

    class Sync(BaseCallbackHandler):
        def on_chat_model_start(self, *args, **kwargs):
            raise NotImplementedError

        def on_llm_start(self, serialized, prompts, **kwargs):
            heard.append(prompts)

    class Async(AsyncCallbackHandler):
        async def on_chat_model_start(self, *args, **kwargs):
            await asyncio.sleep(0)
            raise NotImplementedError

        async def on_llm_start(self, serialized, prompts, **kwargs):
            await asyncio.sleep(0)
            heard.append(prompts)

    model = FakeListChatModel(responses=["b"])
    for handlers in ([Sync()], [Async()], [Sync(), Async(), Async()]):
        heard.clear()
        if colour == "sync":
            model.invoke("hello", {"callbacks": handlers})
        else:
            asyncio.run(_awaited(model.ainvoke, "hello", {"callbacks": handlers}))
        assert heard == [["Human: hello"]] * len(handlers)
    assert not caplog.records


def test_constructor_callbacks_are_local():
    """Callbacks of an object's constructor hear its own runs, not those inside."""
    inner, outer = Hearing(), Hearing()

    @tool
    def shout(text: str) -> str:
        """Shout."""
        return echo.invoke(text)

    shout.callbacks = [inner]
    RunnableLambda(lambda x: shout.invoke(x)).invoke("x", {"callbacks": [outer]})
    assert inner.hooks == ["tool_start", "tool_end"]
    assert outer.names()[-2:] == ["shout", "echo"]


def test_an_empty_list_silences():
    """callbacks=[] on a call inside a run silences that call and what it runs."""
    handler = Hearing()
    nest = RunnableLambda(lambda x: (echo | echo).invoke(x, {"callbacks": []}), name="nest")
    nest.invoke(1, {"callbacks": [handler]})
    assert handler.names() == ["nest"]

    async def anest(x):
        return await aecho.ainvoke(x, {"callbacks": []})

    quiet = Hearing()
    asyncio.run(_awaited(RunnableLambda(anest, name="nest").ainvoke, 1, {"callbacks": [quiet]}))
    assert quiet.names() == ["nest"]


def test_an_explicit_manager_wins():
    """A manager in the config brings its own parent and handlers instead of the ambient ones."""
    ambient, own, local = Hearing(), Hearing(), Hearing()
    other = CallbackManager([own]).on_chain_start({"name": "other"}, 0)
    manager = CallbackManager([own, local], [own], other.run_id)
    nest = RunnableLambda(lambda x: (echo | echo).invoke(x, {"callbacks": manager}), name="nest")
    nest.invoke(1, {"callbacks": [ambient]})
    assert ambient.names() == ["nest"]
    starts = own.starts()[1:]
    assert [start["name"] for start in starts] == ["RunnableSequence", "echo", "echo"]
    assert starts[0]["parent_run_id"] == other.run_id
    assert local.names() == ["RunnableSequence"]
    other.on_chain_end(None)


def test_handlers_are_told_in_order():
    """Inherited first, then those of the call, then bound ones, then the constructor's."""
    log: list = []
    names = ("inherited", "called", "bound", "constructed")
    inherited, called, bound, own = (Hearing(log, name) for name in names)
    model = FakeListLLM(responses=["a"], callbacks=[own]).with_config(callbacks=[bound])
    nest = RunnableLambda(lambda x: model.invoke(x, {"callbacks": [called]}), name="nest")
    nest.invoke("x", {"callbacks": [inherited]})
    assert [label for label, hook in log if hook == "on_llm_start"] == list(names)
    assert [label for label, hook in log if hook == "on_llm_end"] == list(names)


@COLOURS
def test_serialized_has_name_and_id(colour):
    """`serialized` has at least the name and the id, for every kind of run."""
    handler = Hearing()

    @tool
    def shout(text: str) -> str:
        """Shout."""
        return text

    parts = {
        "echo": aecho if colour == "async" else echo,
        "model": FakeListChatModel(responses=["b"]),
        "text": FakeListLLM(responses=["b"]),
        "tool": shout,
        "sequence": echo | echo,
    }
    for runnable in parts.values():
        if colour == "sync":
            runnable.invoke("x", {"callbacks": [handler]})
        else:
            asyncio.run(_awaited(runnable.ainvoke, "x", {"callbacks": [handler]}))
    starts = handler.starts()
    assert len(starts) == 7  # the sequence has two steps
    for start in starts:
        assert isinstance(start["serialized"], dict)
        assert isinstance(start["serialized"]["name"], str)
        assert all(isinstance(part, str) for part in start["serialized"]["id"])


def test_events_before_and_after_are_in_order():
    """Parent's start, child's start, child's end, parent's end; the payloads are the values."""
    handler = Hearing()
    marker = object()
    nest = RunnableLambda(lambda x: echo.invoke(x), name="nest")
    assert nest.invoke(marker, {"callbacks": [handler]}) is marker
    assert handler.hooks == ["chain_start", "chain_start", "chain_end", "chain_end"]
    assert all(payload is marker for _, payload, _ in handler.events)
