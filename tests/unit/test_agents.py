"""What an agent decides."""

from __future__ import annotations

import pytest

from ferrule.agents import AgentAction, AgentActionMessageLog, AgentFinish, AgentStep
from ferrule.messages import AIMessage, FunctionMessage, HumanMessage

ACTION = AgentAction("add", {"a": 1}, "I add.")
LOGGED = AgentActionMessageLog("add", "1", "I add.", message_log=[AIMessage("I add.")])


def test_decisions_as_messages():
    """A decision is told by its log, or by the messages it was made in."""
    assert ACTION.messages == [AIMessage("I add.")]
    assert LOGGED.messages == [AIMessage("I add.")]
    assert AgentFinish({"output": "3"}, "Done.").messages == [AIMessage("Done.")]


@pytest.mark.parametrize(
    ("observation", "text"), [("3", "3"), ({"a": "é"}, '{"a": "é"}'), ({1}, "{1}")]
)
def test_results_as_messages(observation, text):
    """A result is told as text: strings as they are, else JSON, else `str`."""
    assert AgentStep(action=ACTION, observation=observation).messages == [HumanMessage(text)]


def test_results_of_logged_decisions():
    """The result of a decision with messages is a function's result."""
    step = AgentStep(action=LOGGED, observation="3")
    assert step.messages == [FunctionMessage("3", name="add")]


def test_described_under_langchains_path():
    """Decisions are described under the path that readers of descriptions know."""
    assert ACTION.to_json()["id"] == ["langchain", "schema", "agent", "AgentAction"]
