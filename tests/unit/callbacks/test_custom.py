"""Custom events: who hears them, and that they need a run."""

from __future__ import annotations

import asyncio
import re

import pytest

from ferrule.callbacks import adispatch_custom_event, dispatch_custom_event
from ferrule.runnables import RunnableLambda
from ferrule.testing import AsyncRecordingHandler, RecordingHandler


def custom(handler):
    """Name, data, run, tags and metadata of the custom events that were heard."""
    return [
        (*event.payload, event.run_id, event.details["tags"], event.details["metadata"])
        for event in handler.trace
        if event.event == "on_custom_event"
    ]


def test_the_event_is_the_runs():
    """Handlers of the run hear name and data, with the run's id, tags and metadata."""
    handler, data = RecordingHandler(), object()

    def work(x):
        dispatch_custom_event("mine", data)
        return x

    config = {"callbacks": [handler], "tags": ["t"], "metadata": {"m": 1}}
    RunnableLambda(work).invoke(1, config)
    [run] = handler.trace.roots
    assert custom(handler) == [("mine", data, run.id, ["t"], {"m": 1})]


def test_a_config_names_the_run():
    """A config that was handed on works where the surroundings are lost."""
    handler = RecordingHandler()

    def work(x, config):
        dispatch_custom_event("mine", x, config=config)
        return x

    RunnableLambda(work).invoke(1, {"callbacks": [handler]})
    assert [event[:2] for event in custom(handler)] == [("mine", 1)]


def test_async_events_are_awaited():
    """The handlers have heard the event when the dispatch returns."""
    handler, heard = AsyncRecordingHandler(), []

    async def work(x):
        await adispatch_custom_event("mine", x)
        heard.extend(custom(handler))
        return x

    asyncio.run(RunnableLambda(work).ainvoke(1, {"callbacks": [handler]}))
    assert [event[:2] for event in heard] == [("mine", 1)]


def test_names_are_texts():
    """An event without a proper name is refused, and nobody hears it."""
    recorder = RecordingHandler()
    step = RunnableLambda(lambda _: dispatch_custom_event(5, {}))
    with pytest.raises(TypeError, match=r"name of an event is a string, got 5 \(int\)"):
        step.invoke(1, {"callbacks": [recorder]})
    assert recorder.trace.names == ["on_chain_start", "on_chain_error"]


def test_outside_of_a_run_is_an_error():
    """The error names the event and says what to do, sync and async."""
    message = re.escape(
        "The event 'mine' was sent outside of a run. Send events from inside a runnable or tool; "
        "if this is inside one, pass the config that it was given."
    )
    with pytest.raises(RuntimeError, match=message):
        dispatch_custom_event("mine", 1)
    with pytest.raises(RuntimeError, match=message):
        asyncio.run(adispatch_custom_event("mine", 1))
    with pytest.raises(RuntimeError, match=message):
        dispatch_custom_event("mine", 1, config={"callbacks": [RecordingHandler()]})
