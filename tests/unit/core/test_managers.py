"""Managers and run managers by hand: what they hold, how they are subclassed and changed."""

from __future__ import annotations

import asyncio
import copy
import inspect
import uuid

import pytest

from ferrule.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForChainRun,
    BaseCallbackHandler,
    BaseCallbackManager,
    CallbackManager,
    CallbackManagerForChainRun,
)
from ferrule.runnables import RunnableLambda
from tests.support.hearing import Hearing

echo = RunnableLambda(lambda x: x, name="echo")


def chain_run(*handlers, **parts):
    """Open a run by hand."""
    return CallbackManager(list(handlers), list(handlers), **parts).on_chain_start(
        {"name": "mine", "id": ["mine"]}, 1
    )


def test_members_are_lists_that_take_effect():
    """Handlers, tags and metadata that users put into a manager's own lists are used."""
    manager = CallbackManager([])
    handler = Hearing()
    manager.handlers.append(handler)
    manager.inheritable_handlers.append(handler)
    manager.tags.append("own")
    manager.inheritable_tags.append("both")
    manager.metadata["own"] = 1
    manager.inheritable_metadata["both"] = 2
    run = manager.on_chain_start({"name": "mine"}, 1)
    (start,) = handler.starts()
    assert start["tags"] == ["own"]
    assert start["metadata"] == {"own": 1}
    child = run.get_child("tag")
    assert child.handlers == child.inheritable_handlers == [handler]
    assert child.tags == ["both", "tag"]
    assert child.inheritable_tags == ["both"]
    assert child.metadata == {"both": 2}
    run.on_chain_end(1)


def test_members_may_be_assigned():
    """Lists and dicts assigned to a manager replace what it had."""
    manager, handler = CallbackManager([Hearing()]), Hearing()
    manager.handlers = [handler]
    manager.tags = ["t"]
    manager.metadata = {"m": 1}
    manager.parent_run_id = parent = uuid.uuid4()
    manager.on_chain_start({"name": "mine"}, 1).on_chain_end(2)
    (start,) = handler.starts()
    assert (start["tags"], start["metadata"], start["parent_run_id"]) == (["t"], {"m": 1}, parent)


def test_lists_passed_in_are_not_written_to():
    """A constructor's lists stay the caller's."""
    handlers, tags, metadata = [Hearing()], ["t"], {"m": 1}
    manager = CallbackManager(handlers, handlers, tags=tags, metadata=metadata)
    manager.add_handler(Hearing())
    manager.add_tags(["more"])
    manager.add_metadata({"more": 1})
    assert (len(handlers), tags, metadata) == (1, ["t"], {"m": 1})


def test_a_manager_changed_after_it_was_passed():
    """A handler that is added to a run's child manager hears the runs made with it."""
    outer, later = Hearing(), Hearing()

    def body(x, config):
        config["callbacks"].add_handler(later)
        return (echo | echo).invoke(x, config)

    RunnableLambda(body, name="nest").invoke(1, {"callbacks": [outer]})
    assert later.names() == ["RunnableSequence", "echo", "echo"]
    assert outer.names() == ["nest", "RunnableSequence", "echo", "echo"]


def test_a_handler_added_without_inherit_is_local():
    """A handler added with inherit=False hears the next run and not those inside it."""
    local = Hearing()
    manager = CallbackManager([])
    manager.add_handler(local, inherit=False)
    (echo | echo).invoke(1, {"callbacks": manager})
    assert local.names() == ["RunnableSequence"]


def test_a_removed_handler_hears_nothing():
    """A handler that is removed from a manager hears no run made with it."""
    first, second = Hearing(), Hearing()
    manager = CallbackManager([first, second], [first, second])
    manager.remove_handler(first)
    echo.invoke(1, {"callbacks": manager})
    assert (first.names(), second.names()) == ([], ["echo"])


def test_set_handlers():
    """set_handlers and set_handler replace all that was there."""
    first, second = Hearing(), Hearing()
    manager = CallbackManager([first], [first])
    manager.set_handlers([second])
    assert manager.handlers == manager.inheritable_handlers == [second]
    manager.set_handler(first, inherit=False)
    assert manager.handlers == [first]
    assert manager.inheritable_handlers == []


def test_tags_and_metadata():
    """Tags and metadata are added for children too unless inherit=False, and removed."""
    manager = CallbackManager([])
    manager.add_tags(["a", "b"])
    manager.add_tags(["c"], inherit=False)
    manager.add_metadata({"a": 1, "b": 2})
    manager.add_metadata({"c": 3}, inherit=False)
    assert (manager.tags, manager.inheritable_tags) == (["a", "b", "c"], ["a", "b"])
    manager.remove_tags(["a", "missing"])
    manager.remove_metadata(["a", "missing"])
    assert (manager.tags, manager.inheritable_tags) == (["b", "c"], ["b"])
    assert (manager.metadata, manager.inheritable_metadata) == ({"b": 2, "c": 3}, {"b": 2})


@pytest.mark.parametrize("cls", [CallbackManager, AsyncCallbackManager, BaseCallbackManager])
def test_copies_are_apart(cls):
    """copy(), copy.copy and copy.deepcopy... of a manager are of its class and independent."""
    handler = Hearing()
    manager = cls([handler], [handler], uuid.uuid4(), tags=["t"], metadata={"m": 1})
    for made in (manager.copy(), copy.copy(manager)):
        assert type(made) is cls
        assert made.handlers == [handler]
        assert made.parent_run_id == manager.parent_run_id
        made.add_handler(Hearing())
        made.add_tags(["more"])
        made.add_metadata({"more": 1})
    assert (len(manager.handlers), manager.tags, manager.metadata) == (1, ["t"], {"m": 1})


def test_subclasses_keep_their_class_and_attributes():
    """A subclass of a manager has its own attributes, and copy and merge give its class."""

    class Mine(CallbackManager):
        extra = "class"

        def on_chain_start(self, serialized, inputs, run_id=None, **kwargs):
            self.extra = inputs
            return super().on_chain_start(serialized, inputs, run_id, **kwargs)

    handler = Hearing()
    mine = Mine([handler], [handler])
    mine.on_chain_start({"name": "mine"}, 7).on_chain_end(None)
    assert mine.extra == 7
    assert type(mine.copy()) is Mine
    assert type(mine.merge(CallbackManager([]))) is Mine
    assert type(Mine.configure([handler])) is Mine
    echo.invoke(1, {"callbacks": mine})
    assert handler.names() == ["mine", "echo"]


def test_merging_keeps_apart_who_hears_a_run_and_who_its_children():
    """A handler that is only inheritable in both managers is only inheritable in the sum."""
    one, two, below, deep = (Hearing() for _ in range(4))
    merged = CallbackManager([one], [below]).merge(CallbackManager([two, one], [deep, below]))
    assert merged.handlers == [one, two]
    assert merged.inheritable_handlers == [below, deep]
    merged.on_chain_start({"name": "root"}, 1).on_chain_end(2)
    assert (one.names(), two.names(), below.names()) == (["root"], ["root"], [])


def test_a_subclass_with_its_own_constructor():
    """A subclass may have other parameters and set its members afterwards."""

    class Mine(CallbackManager):
        def __init__(self, label):
            super().__init__([])
            self.label = label
            self.add_handler(Hearing())

    mine = Mine("x")
    (handler,) = mine.handlers
    echo.invoke(1, {"callbacks": mine})
    assert handler.names() == ["echo"]
    assert mine.copy().handlers == [handler]


@pytest.mark.parametrize("manager", [CallbackManager, CallbackManagerForChainRun])
def test_constructors_show_their_parameters(manager):
    """A manager's signature names what it is made of."""
    parameters = inspect.signature(manager).parameters
    assert set(parameters) >= {"handlers", "parent_run_id", "tags", "inheritable_metadata"}


def test_a_subclass_that_adds_to_the_constructor():
    """Copies, unions and configured managers of a subclass are initialised by its constructor."""

    class Counting(CallbackManager):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.count = 0

        def on_chain_start(self, *args, **kwargs):
            self.count += 1
            return super().on_chain_start(*args, **kwargs)

    handler = Hearing()
    first = Counting([handler], tags=["a"], metadata={"m": 1})
    made = [first.copy(), first.merge(Counting([])), Counting.configure([handler])]
    for manager in made:
        manager.on_chain_start({"name": "mine"}, 1).on_chain_end(2)
        assert type(manager) is Counting
        assert (manager.count, manager.handlers) == (1, [handler])
    assert handler.names() == ["mine"] * 3
    assert (made[0].tags, made[0].metadata) == (["a"], {"m": 1})


def test_a_failing_constructor_of_a_subclass():
    """What a subclass's constructor raises is raised by what needed another manager."""

    class Picky(CallbackManager):
        def __init__(self, *args, **kwargs):
            if kwargs:
                message = "no keywords, please"
                raise TypeError(message)
            super().__init__(*args)

    with pytest.raises(TypeError, match="no keywords"):
        Picky([]).copy()


def test_a_manager_of_any_class():
    """An object with a manager's seven attributes is a manager to the core."""

    class Foreign:
        def __init__(self, handler):
            self.handlers = [handler]
            self.inheritable_handlers = [handler]
            self.parent_run_id = uuid.uuid4()
            self.tags = ["t"]
            self.inheritable_tags = []
            self.metadata = {"m": 1}
            self.inheritable_metadata = {}

    handler = Hearing()
    foreign = Foreign(handler)
    (echo | echo).invoke(1, {"callbacks": foreign})
    first, *steps = handler.starts()
    assert (first["parent_run_id"], first["tags"], first["metadata"]) == (
        foreign.parent_run_id,
        ["t"],
        {"m": 1},
    )
    assert [step["metadata"] for step in steps] == [{}, {}]


def test_run_managers_speak_for_their_run():
    """A run manager has its run's id, parent, handlers, tags; children are below it."""
    handler = Hearing()
    run = chain_run(handler, tags=["t"], inheritable_tags=["i"])
    assert isinstance(run, CallbackManagerForChainRun)
    assert run.handlers == [handler]
    assert run.tags == ["t"]
    assert run.parent_run_id is None
    child = run.get_child("step")
    assert isinstance(child, CallbackManager)
    assert child.parent_run_id == run.run_id
    assert child.tags == ["i", "step"]
    run.on_text("hello")
    echo.invoke(1, {"callbacks": child})
    run.on_chain_end(2)
    assert handler.hooks == ["chain_start", "text", "chain_start", "chain_end", "chain_end"]
    assert handler.starts()[1]["parent_run_id"] == run.run_id


def test_async_run_managers():
    """The async twins are awaited; get_sync speaks for the same run from sync code."""
    handler = Hearing()

    async def main():
        manager = AsyncCallbackManager([handler], [handler])
        run = await manager.on_chain_start({"name": "mine"}, 1)
        assert isinstance(run, AsyncCallbackManagerForChainRun)
        sync = run.get_sync()
        assert isinstance(sync, CallbackManagerForChainRun)
        assert sync.run_id == run.run_id
        await run.on_text("async")
        sync.on_text("sync")
        child = run.get_child()
        assert isinstance(child, AsyncCallbackManager)
        assert child.parent_run_id == run.run_id
        await run.on_chain_end(2)

    asyncio.run(main())
    assert handler.hooks == ["chain_start", "text", "text", "chain_end"]


def test_a_run_that_is_driven_by_hand_is_told_as_it_is_driven():
    """Runs opened by hand are closed by hand: the manager tells what it is asked to tell."""
    handler = Hearing()
    run = chain_run(handler)
    run.on_chain_end(1)
    run.on_chain_error(ValueError("late"))
    assert handler.hooks == ["chain_start", "chain_end", "chain_error"]


def test_bodies_get_the_manager_of_their_run():
    """`run_manager` of a body is that of its run, async in coroutine functions."""
    seen = []

    def body(x, run_manager):
        seen.append((type(run_manager), run_manager.run_id))
        run_manager.on_text("hi")
        return x

    async def abody(x, run_manager):
        seen.append((type(run_manager), run_manager.run_id))
        await run_manager.on_text("hi")
        return x

    handler = Hearing()
    both = RunnableLambda(body, abody)
    both.invoke(1, {"callbacks": [handler]})
    asyncio.run(both.ainvoke(1, {"callbacks": [handler]}))
    assert handler.hooks == ["chain_start", "text", "chain_end"] * 2
    assert seen == [
        (CallbackManagerForChainRun, handler.starts()[0]["run_id"]),
        (AsyncCallbackManagerForChainRun, handler.starts()[1]["run_id"]),
    ]


def test_a_noop_manager():
    """A run manager that nobody listens to takes every event."""
    run = CallbackManagerForChainRun.get_noop_manager()
    run.on_text("hi")
    assert run.get_child().handlers == []
    run.on_chain_end(1)
    assert isinstance(run.run_id, uuid.UUID)


def test_configure_orders_handlers():
    """Configure puts the inheritable handlers before the local ones, each once."""
    one, two = Hearing(), Hearing()
    manager = CallbackManager.configure([one], [two, one], inheritable_tags=["a"], local_tags=["b"])
    assert manager.handlers == [one, two]
    assert manager.inheritable_handlers == [one]
    assert (manager.tags, manager.inheritable_tags) == (["a", "b"], ["a"])


def test_many_handlers_are_told_once_in_order():
    """Handlers that come by several ways are told once, in the order of first appearance."""
    told = []

    class Numbered(BaseCallbackHandler):
        def __init__(self, number):
            self.number = number

        def on_chain_start(self, *args, **kwargs):
            told.append(self.number)

    class Other(Numbered):
        pass

    handlers = [(Numbered, Other)[number % 2](number) for number in range(300)]
    manager = CallbackManager.configure(
        handlers[:200] + handlers[:100], handlers[50:250] + handlers[:300]
    )
    assert manager.handlers == handlers
    assert manager.inheritable_handlers == handlers[:200]
    manager.on_chain_start({"name": "mine"}, 1).on_chain_end(1)
    assert told == list(range(300))
    told.clear()
    bound = echo.with_config(callbacks=handlers[::-1])
    bound.invoke(1, {"callbacks": handlers[:150] * 2})
    assert told == [*range(150), *reversed(range(150, 300))]


def test_what_is_no_handler_does_not_stop_a_run_under_way():
    """The others hear the end, whatever is in a run manager's list; a new run is refused."""
    handler = Hearing()
    run = chain_run(handler)
    run.handlers.append("text")
    run.inheritable_handlers.append("text")
    run.on_chain_end(1)
    assert handler.hooks == ["chain_start", "chain_end"]
    with pytest.raises(TypeError, match="callbacks holds 'text'"):
        echo.invoke(1, {"callbacks": [handler, "text"]})
    assert handler.hooks == ["chain_start", "chain_end"]


@pytest.mark.parametrize("bad", [[Hearing], Hearing, "text", 5, [5], ["text"]])
def test_wrong_handlers_are_refused(bad):
    """Constructor, configure and setters refuse what is no handler."""
    for make in (
        CallbackManager,
        CallbackManager.configure,
        CallbackManager([]).set_handlers,
        lambda value: setattr(CallbackManager([]), "handlers", value),
    ):
        with pytest.raises(TypeError):
            make(bad)
    with pytest.raises(TypeError):
        CallbackManager([]).add_handler(bad)


def test_a_refused_start_by_hand_is_closed():
    """A run by hand that a handler refuses is closed for those who were told of its start."""

    class Refuses(BaseCallbackHandler):
        raise_error = True

        def on_chain_start(self, *args, **kwargs):
            raise ValueError("no")

    handler = Hearing()
    with pytest.raises(ValueError, match="no"):
        chain_run(handler, Refuses())
    assert handler.hooks == ["chain_start", "chain_error"]
    handler.events.clear()
    with pytest.raises(ValueError, match="no"):
        asyncio.run(AsyncCallbackManager([handler, Refuses()]).on_chain_start({"name": "mine"}, 1))
    assert handler.hooks == ["chain_start", "chain_error"]


@pytest.mark.parametrize("kind", ["llm", "chat_model"])
def test_several_model_runs_at_once(kind):
    """A manager opens a run for each prompt; the given id is the first one's."""
    handler, given = Hearing(), uuid.uuid4()
    manager = CallbackManager([handler])
    start = getattr(manager, f"on_{kind}_start")
    runs = start({"name": "m"}, ["a", "b"] if kind == "llm" else [[], []], run_id=given)
    assert runs[0].run_id == given
    assert len({run.run_id for run in runs}) == 2
    for run in runs:
        run.on_llm_new_token("t")
        run.on_llm_end("end")
    assert handler.hooks == [f"{kind}_start"] * 2 + ["llm_new_token", "llm_end"] * 2
