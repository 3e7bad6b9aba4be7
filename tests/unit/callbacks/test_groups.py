"""Groups: several calls under one run that ends once, whoever ends it."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from ferrule.callbacks import (
    AsyncCallbackManager,
    CallbackManager,
    atrace_as_chain_group,
    trace_as_chain_group,
)
from ferrule.testing import AsyncRecordingHandler, RecordingHandler

NAMED = {"name": "step", "id": ["step"]}
GIVEN = UUID(int=1)


@pytest.fixture
def handler():
    return RecordingHandler()


def test_calls_are_children_of_the_group(handler):
    """The group's run has the name, inputs, tags and id given; its children inherit the tags."""
    manager = CallbackManager([handler], [handler])
    with trace_as_chain_group(
        "both", manager, inputs={"x": 1}, run_id=GIVEN, tags=["t"], metadata={"m": 1}
    ) as group:
        group.on_chain_start(NAMED, 1).on_chain_end(2)
        group.on_tool_start(NAMED, "in").on_tool_end("out")
    handler.assert_all_runs_ended()
    [root] = handler.trace.roots
    assert handler.tree() == "both [chain]\n  step [chain]\n  step [tool]"
    assert (root.id, root.inputs, root.outputs) == (GIVEN, {"x": 1}, {})
    assert [child.tags for child in root.children] == [["t"], ["t"]]
    assert [child.metadata for child in root.children] == [{"m": 1}, {"m": 1}]
    assert handler.trace.events[0].payload[0] == {"name": "both", "id": ["both"]}


def test_an_error_ends_the_group_with_it(handler):
    """The exception is reported, and goes on to the caller."""
    error = KeyError("inside")
    with (
        pytest.raises(KeyError) as caught,
        trace_as_chain_group("both", CallbackManager([handler], [handler])),
    ):
        raise error
    assert caught.value is error
    assert handler.trace.roots[0].error is error
    assert handler.trace.names == ["on_chain_start", "on_chain_error"]


@pytest.mark.parametrize("derive", [lambda group: group, lambda group: group.copy()])
def test_a_group_ends_once(handler, derive):
    """An end by hand, on the manager or on a copy of it, is the only one."""
    with trace_as_chain_group("both", CallbackManager([handler], [handler])) as group:
        assert not group.ended
        derive(group).on_chain_end({"out": 1})
        assert group.ended
        derive(group).on_chain_error(ValueError())
    assert handler.trace.names == ["on_chain_start", "on_chain_end"]
    assert handler.trace.roots[0].outputs == {"out": 1}


def test_a_merged_manager_belongs_to_the_group(handler):
    """Merging adds handlers, and keeps group and parent."""
    other = RecordingHandler()
    with trace_as_chain_group("both", CallbackManager([handler], [handler])) as group:
        merged = group.merge(CallbackManager([other], [other]))
        merged.on_chain_start(NAMED, 1).on_chain_end(2)
        merged.on_chain_end(3)
    assert type(merged) is type(group)
    assert handler.tree() == "both [chain]\n  step [chain]"
    assert other.tree() == "step [chain]"
    assert handler.trace.roots[0].outputs == 3


def test_names_are_texts(handler):
    """A group without a proper name is refused before its run starts."""
    manager = CallbackManager.configure([handler])
    with (
        pytest.raises(TypeError, match=r"name of a group is a string, got 5 \(int\)"),
        trace_as_chain_group(5, manager),
    ):
        pass
    assert handler.trace.names == []


def test_async_groups_do_the_same():
    """Children, end by hand on a copy, and error, in async code."""
    handler = AsyncRecordingHandler()

    async def main():
        manager = AsyncCallbackManager([handler], [handler])
        async with atrace_as_chain_group("both", manager) as group:
            run = await group.on_chain_start(NAMED, 1)
            await run.on_chain_end(2)
            await group.copy().on_chain_end(3)
            await group.on_chain_error(ValueError())
        async with atrace_as_chain_group("failing", manager):
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(main())
    handler.assert_all_runs_ended()
    assert handler.tree() == "both [chain]\n  step [chain]\nfailing [chain] KeyError()"
