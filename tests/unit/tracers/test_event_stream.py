"""`astream_events` over runs that are told by hand: vocabulary, filters, order, end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from uuid import UUID

import pytest

from ferrule.messages import AIMessageChunk
from ferrule.tracers.event_stream import EventStreamHandler, astream_events
from ferrule.tracers.run_filter import RunFilter

ROOT, CHILD, INNER = UUID(int=1), UUID(int=2), UUID(int=3)
NAMED = {"name": "step", "id": ["step"]}


class Scripted:
    """A runnable whose stream is a function of the event handler and the input."""

    def __init__(self, script):
        self.script = script
        self.config = None

    async def astream(self, input, config, **kwargs):
        self.config = config
        handler = config["callbacks"][-1]
        handler.on_chain_start(NAMED, {"input": ""}, run_id=config["run_id"], name="root")
        async for chunk in self.script(handler, input, **kwargs):
            yield chunk


def collect(script, input=1, config=None, **options):
    """All events of a scripted run."""

    async def main():
        stream = astream_events(Scripted(script), input, config, **options)
        return [event async for event in stream]

    return asyncio.run(main())


def told(tell):
    """The events that a handler sends when it is told something."""
    handler = EventStreamHandler(RunFilter())
    tell(handler)
    handler.stream.close()

    async def main():
        return [event async for event in handler.stream]

    return asyncio.run(main())


async def two_chunks(handler, input):
    yield "a"
    yield "b"
    handler.on_chain_end("ab", run_id=ROOT, inputs=input)


def test_a_run_starts_streams_and_ends():
    """The start has the caller's input, the end the output only."""
    common = {"name": "root", "tags": [], "metadata": {}, "run_id": str(ROOT), "parent_ids": []}
    assert collect(two_chunks, config={"run_id": ROOT}) == [
        {"event": "on_chain_start", "data": {"input": 1}, **common},
        {"event": "on_chain_stream", "data": {"chunk": "a"}, **common},
        {"event": "on_chain_stream", "data": {"chunk": "b"}, **common},
        {"event": "on_chain_end", "data": {"output": "ab"}, **common},
    ]


def test_the_callers_config_stays_as_it_is():
    """Neither the config nor its list of callbacks is written to."""
    config = {"run_id": ROOT, "callbacks": []}
    collect(two_chunks, config=config)
    assert config == {"run_id": ROOT, "callbacks": []}


def test_arguments_reach_the_stream():
    """What is no option of the events is the runnable's."""

    async def script(handler, input, *, more):
        yield more

    assert collect(script, more=7)[1]["data"] == {"chunk": 7}


def test_runs_inside_know_their_parents():
    """Parents are listed from the outermost down; inner runs have input and output."""

    async def script(handler, input):
        about = {"parent_run_id": ROOT, "tags": ["t"], "metadata": {"m": 1}}
        handler.on_chain_start(NAMED, 5, run_id=CHILD, run_type="prompt", **about)
        handler.on_retriever_start(NAMED, "q", run_id=INNER, parent_run_id=CHILD)
        handler.on_retriever_end(["d"], run_id=INNER)
        handler.on_chain_end(6, run_id=CHILD)
        yield 6

    _, prompt_start, start, end, prompt_end, _ = collect(script, config={"run_id": ROOT})
    assert (prompt_start["event"], prompt_end["event"]) == ("on_prompt_start", "on_prompt_end")
    assert prompt_end["data"] == {"input": 5, "output": 6}
    assert (prompt_end["tags"], prompt_end["metadata"]) == (["t"], {"m": 1})
    assert (start["event"], start["data"]) == ("on_retriever_start", {"input": {"query": "q"}})
    assert end["data"] == {"input": {"query": "q"}, "output": ["d"]}
    assert start["parent_ids"] == [str(ROOT), str(CHILD)]


def test_a_run_that_is_its_own_parent_ends_the_list_of_parents():
    """Ids that a program gave twice, to a run and to one inside of it, do no harm."""

    async def script(handler, input):
        handler.on_chain_start(NAMED, 5, run_id=ROOT, parent_run_id=ROOT, name="again")
        handler.on_chain_start(NAMED, 5, run_id=CHILD, parent_run_id=ROOT, name="inner")
        yield 6

    starts = collect(script, config={"run_id": ROOT})[:3]
    assert [start["name"] for start in starts] == ["root", "again", "inner"]
    assert [len(start["parent_ids"]) for start in starts] == [0, 1, 2]


def test_an_error_is_raised_after_the_events_before_it():
    """What was heard comes first, then the run's own exception."""
    got, error = [], ValueError("mid")

    async def script(handler, input):
        yield "a"
        raise error

    async def main():
        async for event in astream_events(Scripted(script), 1):
            got.append(event["event"])

    with pytest.raises(ValueError, match="mid") as caught:
        asyncio.run(main())
    assert caught.value is error
    assert got == ["on_chain_start", "on_chain_stream"]


def test_closing_early_closes_the_run():
    """When `aclose` returns, the runnable's stream has been closed."""
    log = []

    async def script(handler, input):
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            log.append("closed")

    async def main():
        stream = astream_events(Scripted(script), 1)
        async for event in stream:
            if event["event"] == "on_chain_stream":
                break
        await stream.aclose()
        log.append("returned")

    asyncio.run(main())
    assert log == ["closed", "returned"]


def test_cancelling_the_reader_cancels_the_run():
    """A reader's timeout reaches the runnable."""
    log = []

    async def script(handler, input):
        try:
            await asyncio.Event().wait()
            yield
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    async def main():
        async for _ in astream_events(Scripted(script), 1):
            pass

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(main(), 0.01))
    assert log == ["cancelled"]


def test_other_versions_are_refused_at_once():
    """The error names the version, before anything is iterated."""
    with pytest.raises(NotImplementedError, match="no events of version 'v1'; use version='v2'"):
        astream_events(Scripted(two_chunks), 1, version="v1")


def test_filters_choose_runs():
    """A run that is left out is silent; the input of the outermost run stays with that run."""

    async def script(handler, input):
        handler.on_tool_start(NAMED, "in", run_id=CHILD, parent_run_id=ROOT, inputs={"x": 1})
        handler.on_tool_end("out", run_id=CHILD)
        yield 1
        handler.on_chain_end(1, run_id=ROOT)

    events = collect(script, config={"run_id": ROOT}, include_types=["tool"])
    assert [(event["event"], event["data"]) for event in events] == [
        ("on_tool_start", {"input": {"x": 1}}),
        ("on_tool_end", {"output": "out", "input": {"x": 1}}),
    ]


@pytest.mark.parametrize(
    ("filters", "accepted"),
    [
        ({}, "abc"),
        ({"include_names": ["a"]}, "a"),
        ({"include_names": ["a"], "include_tags": ["tc"]}, "ac"),
        ({"include_names": []}, ""),
        ({"exclude_types": ["kb"]}, "ac"),
        ({"include_types": ["ka", "kb"], "exclude_tags": ["ta"]}, "b"),
        ({"exclude_names": ["a", "c"]}, "b"),
    ],
)
def test_includes_add_up_and_excludes_win(filters, accepted):
    """Any include lets a run in, any exclude keeps it out."""
    chosen = RunFilter(**filters)
    runs = [(name, f"k{name}", [f"t{name}"]) for name in "abc"]
    assert "".join(run[0] for run in runs if chosen.accepts(*run)) == accepted


def test_tokens_of_a_chat_model_are_message_chunks():
    """A chunk's message is reported; a bare token becomes one."""
    piece = AIMessageChunk(content="b")

    def tell(handler):
        handler.on_chat_model_start(NAMED, [["m"]], run_id=ROOT)
        handler.on_llm_new_token("a", run_id=ROOT)
        handler.on_llm_new_token("b", run_id=ROOT, chunk=SimpleNamespace(message=piece))
        answer = SimpleNamespace(message="whole")
        response = SimpleNamespace(generations=[[], [answer]], llm_output=None)
        handler.on_llm_end(response, run_id=ROOT)

    start, first, second, end = told(tell)
    assert start["data"] == {"input": {"messages": [["m"]]}}
    assert first["event"] == "on_chat_model_stream"
    assert (first["data"]["chunk"].content, second["data"]["chunk"]) == ("a", piece)
    assert (end["event"], end["data"]["output"]) == ("on_chat_model_end", "whole")


def test_tokens_of_a_text_model_are_generation_chunks():
    """The end has the generations as mappings."""

    def tell(handler):
        handler.on_llm_start(NAMED, ["p"], run_id=ROOT)
        handler.on_llm_new_token("a", run_id=ROOT)
        answer = SimpleNamespace(text="a", generation_info=None, type="Generation", more=1)
        response = SimpleNamespace(generations=[[answer]], llm_output={"n": 1})
        handler.on_llm_end(response, run_id=ROOT)

    _, token, end = told(tell)
    assert token["data"]["chunk"].text == "a"
    assert end["data"]["output"] == {
        "generations": [[{"text": "a", "generation_info": None, "type": "Generation"}]],
        "llm_output": {"n": 1},
    }


def test_a_failing_tool_is_an_event():
    """It has error, input and the id of the tool call; other failures are silent."""
    error = ValueError()

    def tell(handler):
        handler.on_tool_start(NAMED, "in", run_id=ROOT, inputs={"x": 1}, tool_call_id="c1")
        handler.on_chain_start(NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
        handler.on_chain_error(error, run_id=CHILD)
        handler.on_tool_error(error, run_id=ROOT)

    *_, last = told(tell)
    assert len(told(tell)) == 3
    assert last["event"] == "on_tool_error"
    assert last["data"] == {"error": error, "input": {"x": 1}, "tool_call_id": "c1"}


def test_custom_events_bear_the_senders_name():
    """Name and data are the sender's; the run's id and parents are there."""

    def tell(handler):
        handler.on_chain_start(NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
        handler.on_custom_event("mine", 7, run_id=CHILD, tags=["t"], metadata={"m": 1})

    assert told(tell)[1] == {
        "event": "on_custom_event",
        "run_id": str(CHILD),
        "name": "mine",
        "tags": ["t"],
        "metadata": {"m": 1},
        "data": 7,
        "parent_ids": [str(ROOT)],
    }


def test_a_stream_is_reported_by_its_outermost_tap():
    """Of two taps of one run the first to be read reports; a tapped model's tokens are silent."""

    def tell(handler):
        handler.on_llm_start(NAMED, ["p"], run_id=ROOT)
        inner = handler.tap_output_iter(ROOT, iter("ab"))
        assert list(handler.tap_output_iter(ROOT, inner)) == ["a", "b"]
        handler.on_llm_new_token("a", run_id=ROOT)

    assert [event["data"] for event in told(tell)[1:]] == [{"chunk": "a"}, {"chunk": "b"}]


def test_inputs_need_no_truth_value():
    """Inputs whose == is no yes or no, and false ones, are reported as they are."""

    class Vector:
        def __eq__(self, other):
            raise ValueError("ambiguous")

        __hash__ = None

    for given in (Vector(), {"input": Vector()}, 0, ""):

        def tell(handler, given=given):
            handler.on_chain_start(NAMED, given, run_id=ROOT)
            handler.on_chain_end(1, run_id=ROOT)

        start, end = told(tell)
        assert start["data"]["input"] is given
        assert end["data"]["input"] is given
