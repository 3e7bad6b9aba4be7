"""`BaseTracer` and `AsyncBaseTracer`: events become runs, runs a tree, and nothing is kept."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import logging
import weakref
from types import SimpleNamespace
from uuid import UUID

import pytest

from ferrule.exceptions import TracerException
from ferrule.outputs import LLMResult
from ferrule.tracers.base import AsyncBaseTracer, BaseTracer

ROOT, CHILD, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NAMED = {"name": "step", "id": ["step"]}


class Keeping(BaseTracer):
    """Keeps root runs, and the order in which its methods were called."""

    def __init__(self, **options):
        super().__init__(**options)
        self.roots, self.log = [], []

    def _persist_run(self, run):
        self.roots.append(run)
        self.log.append(("persist", run.name))

    def _on_run_create(self, run):
        self.log.append(("create", run.name))

    def _on_run_update(self, run):
        self.log.append(("update", run.name))

    def _on_chain_start(self, run):
        self.log.append(("chain start", run.name))

    def _on_chain_end(self, run):
        self.log.append(("chain end", run.name))

    def _on_llm_new_token(self, run, token, chunk):
        self.log.append((token, chunk))


class AsyncKeeping(AsyncBaseTracer):
    """The same, awaiting in each method."""

    def __init__(self, **options):
        super().__init__(**options)
        self.roots, self.log = [], []

    async def _persist_run(self, run):
        await asyncio.sleep(0)
        self.roots.append(run)
        self.log.append(("persist", run.name))

    async def _on_run_create(self, run):
        await asyncio.sleep(0)
        self.log.append(("create", run.name))

    async def _on_run_update(self, run):
        await asyncio.sleep(0)
        self.log.append(("update", run.name))

    async def _on_chain_start(self, run):
        await asyncio.sleep(0)
        self.log.append(("chain start", run.name))

    async def _on_chain_end(self, run):
        await asyncio.sleep(0)
        self.log.append(("chain end", run.name))

    async def _on_llm_new_token(self, run, token, chunk):
        await asyncio.sleep(0)
        self.log.append((token, chunk))


def call(tracer, event, *payload, **about):
    """Call a hook; await what it returns, if it must be."""
    told = getattr(tracer, event)(*payload, **about)
    return asyncio.run(told) if inspect.isawaitable(told) else told


@pytest.fixture(params=[Keeping, AsyncKeeping], ids=["sync", "async"])
def make(request):
    """The tracer's class: everything holds for both."""
    return request.param


def test_order_of_the_methods(make):
    """A run is created, then its kind told; at the end a root is persisted, updated, told."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    call(tracer, "on_chain_end", 2, run_id=ROOT)
    names = [what for what, _ in tracer.log]
    assert names == ["create", "chain start", "persist", "update", "chain end"]


def test_children_are_in_their_parent(make):
    """The tree has children in order of start, with ids of the trace and sortable places."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT, name="root", tags=["t"])
    call(tracer, "on_tool_start", NAMED, "a", run_id=CHILD, parent_run_id=ROOT, inputs={"x": 1})
    call(tracer, "on_tool_end", "out", run_id=CHILD)
    call(tracer, "on_retriever_start", NAMED, "q", run_id=OTHER, parent_run_id=ROOT)
    call(tracer, "on_retriever_end", ["d"], run_id=OTHER)
    call(tracer, "on_chain_end", {"y": 2}, run_id=ROOT)
    [root] = tracer.roots
    tool, retriever = root.child_runs
    assert (root.name, root.inputs, root.outputs, root.tags) == (
        "root",
        {"input": 1},
        {"y": 2},
        ["t"],
    )
    assert (tool.name, tool.inputs, tool.outputs) == ("step", {"x": 1}, {"output": "out"})
    assert (retriever.inputs, retriever.outputs) == ({"query": "q"}, {"documents": ["d"]})
    assert {run.trace_id for run in (root, tool, retriever)} == {ROOT}
    assert root.dotted_order < tool.dotted_order < retriever.dotted_order
    assert tool.dotted_order.startswith(root.dotted_order + ".")
    assert [event["name"] for event in root.events] == ["start", "end"]
    assert root.start_time <= tool.start_time <= tool.end_time <= root.end_time


def test_errors_are_recorded_with_their_traceback(make):
    """A failed run has the error as text, and the outputs that there were."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    try:
        raise ValueError("no 1")
    except ValueError as error:
        call(tracer, "on_chain_error", error, run_id=ROOT, inputs={"late": 1})
    [run] = tracer.roots
    assert run.error.startswith("ValueError('no 1')\n\nTraceback")
    assert run.outputs == {}
    assert run.inputs == {"late": 1}
    assert [event["name"] for event in run.events] == ["start", "error"]


def test_nothing_is_kept_of_finished_runs(make):
    """Once a root has ended, the tracer holds no run, and a run no other than its children."""
    tracer = make()
    for _ in range(3):
        call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
        call(tracer, "on_chain_start", NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
        call(tracer, "on_chain_error", ValueError(), run_id=CHILD)
        call(tracer, "on_chain_end", 1, run_id=ROOT)
    assert tracer.run_map == {}
    seen = [weakref.ref(root) for root in tracer.roots]
    tracer.roots.clear()
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3


def test_an_unknown_parent_makes_a_root(make, caplog):
    """A run whose parent is not open here is a root, and that is worth a debug line."""
    tracer = make()
    with caplog.at_level(logging.DEBUG, logger="ferrule.tracers.recording"):
        call(tracer, "on_chain_start", NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
    call(tracer, "on_chain_end", 1, run_id=CHILD)
    assert [run.parent_run_id for run in tracer.roots] == [None]
    assert f"Run {CHILD}: parent {ROOT} is not open here." in caplog.messages


def test_events_of_unknown_runs_are_errors(make):
    """The error names the run and the tracer."""
    with pytest.raises(TracerException, match=f"No run {ROOT} is open in (Async)?Keeping"):
        call(make(), "on_chain_end", 1, run_id=ROOT)


def test_events_of_another_kind_are_errors(make):
    """A tool's end does not end a chain."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    with pytest.raises(TracerException, match="is of type chain, not tool"):
        call(tracer, "on_tool_end", 1, run_id=ROOT)
    with pytest.raises(TracerException, match="is of type chain, not chat_model or llm"):
        call(tracer, "on_llm_new_token", "a", run_id=ROOT)


def test_chat_models_are_text_models_by_default(make):
    """The original format refuses chat models, so that their text is reported instead."""
    with pytest.raises(NotImplementedError):
        call(make(), "on_chat_model_start", NAMED, [["m"]], run_id=ROOT)


def test_model_runs_have_tokens_and_generations(make):
    """A chat model's record has its messages, each token, and the answer with its message."""
    tracer = make(_schema_format="original+chat")
    call(tracer, "on_chat_model_start", NAMED, [["m"]], run_id=ROOT, metadata={"a": 1}, options={})
    call(tracer, "on_llm_new_token", "to", run_id=ROOT, chunk="chunk")
    call(tracer, "on_llm_new_token", "ken", run_id=ROOT)
    answer = SimpleNamespace(text="x", generation_info=None, type="ChatGeneration", message="msg")
    response = SimpleNamespace(
        generations=[[answer]], llm_output={"n": 1}, run=None, type="LLMResult"
    )
    call(tracer, "on_llm_end", response, run_id=ROOT)
    [run] = tracer.roots
    assert run.run_type == "chat_model"
    assert run.inputs == {"messages": [["m"]]}
    assert run.extra == {"metadata": {"a": 1}, "options": {}}
    assert run.metadata == {"a": 1}
    assert [event.get("kwargs") for event in run.events] == [
        None,
        {"token": "to", "chunk": "chunk"},
        {"token": "ken"},
        None,
    ]
    assert run.outputs == {
        "generations": [
            [{"text": "x", "generation_info": None, "type": "ChatGeneration", "message": "msg"}]
        ],
        "llm_output": {"n": 1},
        "run": None,
        "type": "LLMResult",
    }
    assert ("to", "chunk") in tracer.log


def test_a_failed_model_run_keeps_what_it_had_said(make):
    """The partial response of an error is the run's output."""
    tracer = make()
    call(tracer, "on_llm_start", NAMED, ["p"], run_id=ROOT)
    response = LLMResult(generations=[[]])
    call(tracer, "on_llm_error", KeyboardInterrupt(), run_id=ROOT, response=response)
    assert tracer.roots[0].outputs == response.model_dump()


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"name": "given", "serialized": NAMED}, "given"),
        ({"serialized": NAMED}, "step"),
        ({"serialized": {"id": ["package", "Step"]}}, "Step"),
        ({"serialized": None}, "Unnamed"),
    ],
)
def test_a_run_without_a_name_is_called_like_what_runs(make, told, name):
    """The name that was given comes first, then the object's, then its class's."""
    tracer, about = make(), dict(told)
    call(tracer, "on_tool_start", about.pop("serialized"), "x", run_id=ROOT, **about)
    assert tracer.run_map[str(ROOT)].name == name


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (None, {"outcome": "N/A"}),
        (
            SimpleNamespace(exception=lambda: ValueError("v"), result=None),
            {"outcome": "failed", "exception": "v", "exception_type": "ValueError"},
        ),
        (
            SimpleNamespace(exception=lambda: None, result=lambda: 7),
            {"outcome": "success", "result": "7"},
        ),
    ],
)
def test_retries_are_recorded(make, outcome, told):
    """A retry is an event of its run, with what became of the attempt."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    state = SimpleNamespace(idle_for=0.5, attempt_number=2, outcome=outcome)
    call(tracer, "on_retry", state, run_id=ROOT)
    event = tracer.run_map[str(ROOT)].events[-1]
    assert event["name"] == "retry"
    assert event["kwargs"] == {"slept": 0.5, "attempt": 2, **told}


def test_streaming_format_wraps_every_payload(make):
    """Mappings, too, stand under input and output."""
    tracer = make(_schema_format="streaming_events")
    call(tracer, "on_chain_start", NAMED, {"x": 1}, run_id=ROOT)
    call(tracer, "on_chain_end", {"y": 1}, run_id=ROOT)
    [run] = tracer.roots
    assert (run.inputs, run.outputs) == ({"input": {"x": 1}}, {"output": {"y": 1}})


def test_unknown_formats_are_refused(make):
    """The error names those that exist."""
    with pytest.raises(ValueError, match=r"original, original\+chat, streaming_events, not 'new'"):
        make(_schema_format="new")


def test_copies_of_a_tracer_are_the_tracer(make):
    """Copying a config with a tracer in it does not split its open runs."""
    tracer = make()
    assert copy.copy(tracer) is tracer
    assert copy.deepcopy([tracer])[0] is tracer


def test_a_run_is_a_mapping_on_demand(make):
    """`dict` has all fields, of children too, under both of its names."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    call(tracer, "on_chain_start", NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
    call(tracer, "on_chain_end", 2, run_id=CHILD)
    call(tracer, "on_chain_end", 2, run_id=ROOT)
    [run] = tracer.roots
    made = run.dict()
    assert made == run.model_dump()
    assert made["id"] == ROOT
    assert made["child_runs"][0]["outputs"] == {"output": 2}
    assert run.duration == run.end_time - run.start_time


def test_a_run_can_be_copied_with_changes(make):
    """`copy` keeps all fields but those that are given, under both of its names."""
    tracer = make()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    call(tracer, "on_chain_end", 2, run_id=ROOT)
    [run] = tracer.roots
    copied = run.copy(update={"id": CHILD})
    assert copied.model_dump() == {**run.model_dump(), "id": CHILD}
    assert run.model_copy().model_dump() == run.model_dump()
    assert run.id == ROOT


def test_subclasses_may_extend_the_trace(make):
    """`_start_trace` and `_end_trace` can be overridden around the originals."""

    class Outer(make):
        if make is Keeping:

            def _start_trace(self, run):
                super()._start_trace(run)
                self.log.append(("after start", run.name))
        else:

            async def _start_trace(self, run):
                await super()._start_trace(run)
                await super()._on_tool_start(run)
                self.log.append(("after start", run.name))

    tracer = Outer()
    call(tracer, "on_chain_start", NAMED, 1, run_id=ROOT)
    assert [what for what, _ in tracer.log] == ["create", "after start", "chain start"]
