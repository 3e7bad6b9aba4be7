"""An agent: a chat model that calls tools until it has an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.tool_agent.agent import (
        ToolCallingAgent as ToolCallingAgent,
        create_tool_calling_agent as create_tool_calling_agent,
    )
    from ferrule.tool_agent.loop import (
        AgentLimitError as AgentLimitError,
        AgentResult as AgentResult,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".agent": "ToolCallingAgent create_tool_calling_agent",
            ".loop": "AgentLimitError AgentResult",
        },
    )
