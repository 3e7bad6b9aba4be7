"""Ambient handlers with the core: what runs inside the block is heard, once."""

from __future__ import annotations

from ferrule.callbacks import CallbackManager, get_usage_metadata_callback
from ferrule.tracers.context import collect_runs

NAMED = {"name": "step", "id": ["step"]}


def test_a_block_installs_its_handler():
    """Runs inside the block have the handler, runs after it don't."""
    with get_usage_metadata_callback() as usage:
        inside = CallbackManager.configure().on_chain_start(NAMED, 1)
    after = CallbackManager.configure().on_chain_start(NAMED, 1)
    assert any(handler is usage for handler in inside.handlers)
    assert not after.handlers


def test_nested_blocks_each_collect():
    """Each root run is collected by every block around it."""
    with collect_runs() as outer:
        with collect_runs() as inner:
            CallbackManager.configure().on_chain_start(NAMED, 1).on_chain_end(1)
        CallbackManager.configure().on_chain_start(NAMED, 2).on_chain_end(2)
    assert [run.inputs for run in inner.traced_runs] == [{"input": 1}]
    assert [run.inputs for run in outer.traced_runs] == [{"input": 1}, {"input": 2}]
