"""Calling the tools that a model asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import override

from ferrule.messages import BaseMessage
from ferrule.messages.tool_calls import ToolCall
from ferrule.runnables.base import Runnable
from ferrule.tool_agent.transcript import refusal
from ferrule.tools.errors import answer_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.runnables.config import RunnableConfig
    from ferrule.tools.base import BaseTool

ErrorPolicy: TypeAlias = bool | str | Callable[[Exception], str]


class ToolCaller(Runnable[ToolCall, list[BaseMessage]]):
    """Carries out one tool call; no run of its own, so that tools are children of the agent.

    Being a runnable, it has `batch` and `abatch`, which carry out several calls at once, with the
    `max_concurrency` of the config, and stop the others when one fails.
    """

    def __init__(self, tools: Mapping[str, BaseTool], on_error: ErrorPolicy) -> None:
        """Call these tools, by name; see `ToolCallingAgent.handle_tool_errors` for the policy."""
        self._tools = tools
        self._on_error = on_error

    @override
    def invoke(
        self, input: ToolCall, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        tool = self._tools.get(input["name"])
        if tool is None:
            return self._unknown(input)
        try:
            return _messages(tool.invoke(_marked(input), config, **kwargs), tool)
        except Exception as error:  # noqa: BLE001  what a tool raises is up to its author
            return self._answered(input, error)

    @override
    async def ainvoke(
        self, input: ToolCall, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        tool = self._tools.get(input["name"])
        if tool is None:
            return self._unknown(input)
        try:
            return _messages(await tool.ainvoke(_marked(input), config, **kwargs), tool)
        except Exception as error:  # noqa: BLE001  what a tool raises is up to its author
            return self._answered(input, error)

    def _answered(self, call: ToolCall, error: Exception) -> list[BaseMessage]:
        policy = self._on_error
        if policy is False:
            raise error
        if policy is True:
            return [refusal(call, f"{type(error).__name__}: {error}")]
        return [refusal(call, answer_to(error, policy, ""))]

    def _unknown(self, call: ToolCall) -> list[BaseMessage]:
        known = ", ".join(self._tools) or "none"
        return [refusal(call, f"There is no tool {call['name']!r}; the tools are: {known}.")]


def _marked(call: ToolCall) -> dict[str, Any]:
    return {**call, "type": "tool_call"}


def _messages(output: Any, tool: BaseTool) -> list[BaseMessage]:
    messages = output if isinstance(output, list) else [output]
    for message in messages:
        if not isinstance(message, BaseMessage):
            msg = f"An agent's tool answers with messages; {tool.name!r} made {message!r}."
            raise TypeError(msg)
    return messages
