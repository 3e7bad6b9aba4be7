"""Managers that are used by hand."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.callbacks import AsyncCallbackManager, CallbackManager
from ferrule.messages import HumanMessage
from ferrule.testing import RecordingHandler


@pytest.mark.parametrize(
    ("event", "given"),
    [
        ("on_llm_start", "abc"),
        ("on_llm_start", 5),
        ("on_chat_model_start", "abc"),
        ("on_chat_model_start", HumanMessage("x")),
        ("on_chat_model_start", ["abc"]),
        ("on_chat_model_start", [[], HumanMessage("x")]),
    ],
)
def test_runs_of_models_are_opened_for_lists(event, given):
    """One prompt is not taken apart into many runs: it is refused before any of them starts."""
    recorder = RecordingHandler()
    with pytest.raises(TypeError, match=r"is a list with one entry for each run.*into a list"):
        getattr(CallbackManager.configure([recorder]), event)({}, given)
    with pytest.raises(TypeError, match=r"is a list with one entry for each run.*into a list"):
        asyncio.run(getattr(AsyncCallbackManager.configure([recorder]), event)({}, given))
    assert recorder.trace.names == []
