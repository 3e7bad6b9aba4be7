"""`astream_log` over runs that are told by hand, and the arithmetic of logs."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from ferrule.language_models import FakeListChatModel
from ferrule.runnables import RunnableLambda
from ferrule.tracers.log_stream import (
    LogStreamCallbackHandler,
    RunLog,
    RunLogPatch,
    astream_log,
)

ROOT, CHILD, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NAMED = {"name": "a/b", "id": ["a/b"]}
START = RunLogPatch({"op": "replace", "path": "", "value": {"logs": {}, "n": 0}})
GROW = RunLogPatch({"op": "add", "path": "/logs/x", "value": 1})


class Scripted:
    """A runnable with two inner runs of one name, and two chunks of output."""

    async def astream(self, input, config):
        handler = config["callbacks"][-1]
        handler.on_chain_start(NAMED, input, run_id=ROOT, name="root")
        for run_id in (CHILD, OTHER):
            handler.on_chain_start(NAMED, input, run_id=run_id, parent_run_id=ROOT, tags=["t"])
            list(handler.tap_output_iter(run_id, iter("xy")))
            handler.on_chain_end({"y": 1}, run_id=run_id)
        for chunk in ("a", "b"):
            yield chunk
        handler.on_chain_end("ab", run_id=ROOT)


def collect(runnable, input=1, **options):
    async def main():
        return [patch async for patch in astream_log(runnable, input, **options)]

    return asyncio.run(main())


def test_patches_add_up_to_the_log():
    """The sum of all patches has output, inner runs and their streamed pieces."""
    log, *patches = collect(Scripted())
    for patch in patches:
        log = log + patch
    state = log.state
    assert (state["id"], state["name"], state["type"]) == (str(ROOT), "root", "chain")
    assert state["streamed_output"] == ["a", "b"]
    assert state["final_output"] == "ab"
    assert list(state["logs"]) == ["a/b", "a/b:2"]
    entry = state["logs"]["a/b:2"]
    assert (entry["id"], entry["tags"]) == (str(OTHER), ["t"])
    assert (entry["streamed_output"], entry["final_output"]) == (["x", "y"], {"y": 1})
    assert entry["start_time"] <= entry["end_time"]


def test_whole_logs_instead_of_patches():
    """With `diff=False` each item is the log so far, and earlier ones stay as they were."""
    logs = collect(Scripted(), diff=False)
    assert all(isinstance(log, RunLog) for log in logs)
    assert logs[0].state["logs"] == {}
    assert logs[-1].state["final_output"] == "ab"


def test_the_list_of_chunks_can_be_left_out():
    """Only the sum is kept then."""
    log = collect(Scripted(), diff=False, with_streamed_output_list=False)[-1]
    assert (log.state["streamed_output"], log.state["final_output"]) == ([], "ab")


def test_filters_choose_entries():
    """Runs that are left out have no entry."""
    assert collect(Scripted(), diff=False, exclude_tags=["t"])[-1].state["logs"] == {}


def test_chunks_that_do_not_add_up_replace_each_other():
    """The last chunk is the output of a stream that has no sum."""

    class Unlike(Scripted):
        async def astream(self, input, config):
            config["callbacks"][-1].on_chain_start(NAMED, input, run_id=ROOT)
            yield {"a": 1}
            yield "b"

    log = collect(Unlike(), diff=False)[-1]
    assert log.state["final_output"] == "b"
    assert log.state["streamed_output"] == [{"a": 1}, "b"]


def test_an_unread_log_starts_nothing():
    """A log that nobody iterates leaves no coroutine behind."""
    astream_log(Scripted(), 1)


def test_the_handler_closes_itself_for_a_reader():
    """Used as a callback, it ends with the outermost run, and logs inputs."""
    handler = LogStreamCallbackHandler(include_names=["a/b"])
    handler.on_chain_start(NAMED, {"x": 1}, run_id=ROOT, name="root")
    handler.on_chain_start(NAMED, {"x": 2}, run_id=CHILD, parent_run_id=ROOT)
    handler.on_chain_end({"y": 3}, run_id=CHILD)
    handler.on_chain_end(4, run_id=ROOT)

    async def main():
        log, *patches = [patch async for patch in handler]
        for patch in patches:
            log = log + patch
        return log

    entry = asyncio.run(main()).state["logs"]["a/b"]
    assert (entry["inputs"], entry["final_output"]) == ({"x": 2}, {"y": 3})


def test_tokens_are_logged():
    """A model's entry has its tokens as text, and as chunks."""
    handler = LogStreamCallbackHandler()
    handler.on_chain_start(NAMED, 1, run_id=ROOT)
    handler.on_llm_start({"name": "m", "id": ["m"]}, ["p"], run_id=CHILD, parent_run_id=ROOT)
    handler.on_llm_new_token("t", run_id=CHILD)
    handler.stream.close()

    async def main():
        log, *patches = [patch async for patch in handler]
        for patch in patches:
            log = log + patch
        return log

    entry = asyncio.run(main()).state["logs"]["m"]
    assert (entry["streamed_output_str"], entry["streamed_output"]) == (["t"], ["t"])


def test_each_token_is_logged_once():
    """A model that streams in a chain has each chunk in its entry once."""
    chain = RunnableLambda(str.strip) | FakeListChatModel(responses=["ab"])
    entry = collect(chain, diff=False, input=" x ")[-1].state["logs"]["FakeListChatModel"]
    assert [chunk.content for chunk in entry["streamed_output"]] == ["a", "b"]
    assert entry["streamed_output_str"] == ["a", "b"]


def test_patches_and_logs_add_up():
    """Two patches make a log, a log and a patch a longer one; the parts stay as they are."""
    log = START + GROW
    assert log.state == {"logs": {"x": 1}, "n": 0}
    longer = log + RunLogPatch({"op": "replace", "path": "/n", "value": 5})
    assert (longer.state["n"], log.state["n"]) == (5, 0)
    assert longer.ops == [*START.ops, *GROW.ops, {"op": "replace", "path": "/n", "value": 5}]


def test_logs_cannot_be_added_to_patches():
    """Only patches can be added."""
    with pytest.raises(TypeError):
        START + (START + GROW)
    with pytest.raises(TypeError):
        START + 1


def test_equality_and_repr():
    """Patches are equal by operations, logs by state as well."""
    assert RunLogPatch(*START.ops) == START != GROW
    assert START + GROW == START + GROW
    assert START != START + GROW
    assert RunLog(*START.ops, *GROW.ops, state={}) != (START + GROW)
    assert repr(GROW) == "RunLogPatch({'op': 'add', 'path': '/logs/x', 'value': 1})"
    assert repr(START + GROW) == "RunLog({'logs': {'x': 1}, 'n': 0})"
