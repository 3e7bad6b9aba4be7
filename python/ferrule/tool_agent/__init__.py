"""An agent: a chat model that calls tools until it has an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.tool_agent.agent import ToolCallingAgent, create_tool_calling_agent
    from ferrule.tool_agent.loop import AgentLimitError, AgentResult

__all__ = ["AgentLimitError", "AgentResult", "ToolCallingAgent", "create_tool_calling_agent"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "AgentLimitError": ".loop",
        "AgentResult": ".loop",
        "ToolCallingAgent": ".agent",
        "create_tool_calling_agent": ".agent",
    },
)
