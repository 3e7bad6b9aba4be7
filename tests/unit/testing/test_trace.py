"""`RecordingHandler` and its trace: events, tree, and the check of ends."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.testing import AsyncRecordingHandler, RecordingHandler

pytest_plugins = ["pytester"]

ROOT, CHILD = UUID(int=1), UUID(int=2)
NAMED = {"name": "step", "id": ["step"]}


@pytest.fixture
def handler():
    """A handler that has heard of a root run and its child."""
    handler = RecordingHandler()
    handler.on_chain_start(NAMED, 1, run_id=ROOT, name="root", tags=["t"], metadata={"m": 1})
    handler.on_tool_start(NAMED, "in", run_id=CHILD, parent_run_id=ROOT, inputs={"x": 1})
    return handler


def test_every_hook_is_recorded():
    """No event of the base handler escapes, sync or async."""
    sync, async_ = RecordingHandler(), AsyncRecordingHandler()
    hooks = [name for name in dir(BaseCallbackHandler) if name.startswith("on_")]
    for hook in hooks:
        getattr(sync, hook)(hook, run_id=ROOT)
        asyncio.run(getattr(async_, hook)(hook, run_id=ROOT))
    assert sync.trace.names == async_.trace.names == hooks
    assert [event.payload for event in sync.trace] == [(hook,) for hook in hooks]


def test_runs_have_what_their_events_told(handler):
    """A run knows its name, kind, place, inputs, outputs and outcome."""
    handler.on_tool_end("out", run_id=CHILD)
    [root] = handler.trace.roots
    [tool] = root.children
    assert (root.name, root.kind, root.tags, root.metadata) == ("root", "chain", ["t"], {"m": 1})
    assert (root.inputs, root.outcome) == (1, "open")
    assert (tool.name, tool.kind, tool.inputs, tool.outputs) == ("step", "tool", {"x": 1}, "out")


def test_the_tree_is_drawn_with_outcomes(handler):
    """Children are indented; errors and open runs are marked."""
    handler.on_tool_error(ValueError("no"), run_id=CHILD)
    assert handler.tree() == "root [chain] open\n  step [tool] ValueError('no')"


def test_all_ended_passes(handler):
    """A child's end before its parent's is what should be."""
    handler.on_tool_end("out", run_id=CHILD)
    handler.on_chain_error(ValueError(), run_id=ROOT)
    handler.assert_all_runs_ended()


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([("on_tool_end", CHILD)], f"root [chain] {ROOT} never ended"),
        (
            [("on_chain_end", ROOT), ("on_tool_end", CHILD)],
            f"root [chain] {ROOT} ended before its child step [tool] {CHILD}",
        ),
        (
            [("on_tool_end", CHILD), ("on_tool_error", CHILD), ("on_chain_end", ROOT)],
            f"step [tool] {CHILD} ended twice",
        ),
        (
            [("on_chain_end", UUID(int=9))],
            f"on_chain_end of {UUID(int=9)}, which never started",
        ),
    ],
)
def test_every_fault_is_named(handler, events, complaint):
    """The error says which run did what, and shows the tree."""
    for event, run_id in events:
        getattr(handler, event)("x", run_id=run_id)
    with pytest.raises(AssertionError) as caught:
        handler.assert_all_runs_ended()
    assert complaint in str(caught.value).splitlines()
    assert str(caught.value).endswith(handler.tree())


def test_starts_are_checked(handler):
    """A run must start once, and not after its parent's end."""
    handler.on_tool_start(NAMED, "in", run_id=CHILD, parent_run_id=ROOT)
    handler.on_tool_end("out", run_id=CHILD)
    handler.on_chain_end(1, run_id=ROOT)
    late = UUID(int=3)
    handler.on_tool_start(NAMED, "in", run_id=late, parent_run_id=ROOT)
    handler.on_tool_end("out", run_id=late)
    with pytest.raises(AssertionError) as caught:
        handler.assert_all_runs_ended()
    assert str(caught.value).splitlines()[:2] == [
        f"step {CHILD} started twice",
        f"step [tool] {late} started after its parent ended",
    ]


def test_a_cleared_trace_is_empty(handler):
    """Tests may look at one phase after the other."""
    handler.trace.clear()
    assert (len(handler.trace), handler.trace.roots, handler.tree()) == (0, [], "")
    handler.assert_all_runs_ended()


def test_the_fixture_complains_about_open_runs(pytester):
    """A test that leaves a run open gets an error when it is over."""
    pytester.makeconftest('pytest_plugins = ["ferrule.testing.pytest_plugin"]')
    pytester.makepyfile(
        """
        from uuid import UUID

        START = {"name": "left open", "id": ["x"]}, 1

        def test_open(recording_handler):
            recording_handler.on_chain_start(*START, run_id=UUID(int=1))

        def test_closed(recording_handler, async_recording_handler):
            recording_handler.on_chain_start(*START, run_id=UUID(int=1))
            recording_handler.on_chain_end(2, run_id=UUID(int=1))
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*AssertionError: left open * never ended*"])
