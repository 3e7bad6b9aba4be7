"""An agent over Claude; a handler passed at run time hears it, each model call and each tool call.

Needs ANTHROPIC_API_KEY. Without one, `python -m tests.loopback` serves a stand-in, which calls no
tools, and prints the ANTHROPIC_BASE_URL and the key to use.
"""

from __future__ import annotations

from ferrule.anthropic import ChatAnthropic
from ferrule.callbacks import BaseCallbackHandler
from ferrule.tool_agent import create_tool_calling_agent


def multiply(x: int, y: int) -> int:
    """Multiply two whole numbers."""
    return x * y


class Outline(BaseCallbackHandler):
    def __init__(self) -> None:
        self.depths = {}

    def say(self, text, run_id, parent_run_id):
        depth = self.depths.setdefault(run_id, self.depths.get(parent_run_id, -1) + 1)
        # In one write with the end of its line: the tools of one answer run at the same time.
        print("  " * depth + text + "\n", end="")

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"{serialized['name']} was asked: {inputs}", run_id, parent_run_id)

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"model reads {len(messages[0])} messages", run_id, parent_run_id)

    def on_llm_end(self, response, *, run_id, parent_run_id=None, **kwargs):
        message = response.generations[0][0].message
        calls = [call["name"] for call in message.tool_calls]
        self.say(f"model calls {calls}" if calls else "model answers", run_id, parent_run_id)

    def on_agent_action(self, action, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"agent decides: {action.tool}({action.tool_input})", run_id, parent_run_id)

    def on_tool_start(self, serialized, input_str, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"tool {serialized['name']} starts", run_id, parent_run_id)

    def on_tool_end(self, output, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"tool returns {output.content}", run_id, parent_run_id)

    def on_agent_finish(self, finish, *, run_id, parent_run_id=None, **kwargs):
        self.say(f"agent finishes: {finish.return_values['output']}", run_id, parent_run_id)


agent = create_tool_calling_agent(ChatAnthropic(model="claude-haiku-4-5"), [multiply])
agent.invoke("What is 6 * 7, and 8 * 9? Use the tool.", config={"callbacks": [Outline()]})
