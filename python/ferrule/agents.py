"""What an agent decides and what comes of it: actions, steps, the final answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import SerializeAsAny
from typing_extensions import override

from ferrule.load.serializable import Serializable
from ferrule.messages.ai import AIMessage
from ferrule.messages.base import BaseMessage
from ferrule.messages.function import FunctionMessage
from ferrule.messages.human import HumanMessage

__all__ = ["AgentAction", "AgentActionMessageLog", "AgentFinish", "AgentStep"]


class AgentAction(Serializable):
    """An agent's decision to call a tool.

    Example:
        >>> AgentAction("add", {"a": 1, "b": 2}, log="I add them up.").tool
        'add'
    """

    tool: str
    """The tool's name."""
    tool_input: str | dict[Any, Any]
    """What to pass to the tool."""
    log: str
    """What the model said when it decided so."""
    type: Literal["AgentAction"] = "AgentAction"

    def __init__(
        self, tool: str, tool_input: str | dict[Any, Any], log: str, **kwargs: Any
    ) -> None:
        super().__init__(tool=tool, tool_input=tool_input, log=log, **kwargs)

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "agent"]

    @property
    def messages(self) -> Sequence[BaseMessage]:
        """The messages by which the decision is told to a model later on."""
        return [AIMessage(self.log)]


class AgentActionMessageLog(AgentAction):
    """An agent's decision to call a tool, with the messages in which the model told it."""

    message_log: Sequence[SerializeAsAny[BaseMessage]]
    """The model's messages."""
    type: Literal["AgentActionMessageLog"] = "AgentActionMessageLog"  # type: ignore[assignment]

    @property
    @override
    def messages(self) -> Sequence[BaseMessage]:
        return self.message_log


class AgentStep(Serializable):
    """An action that has been carried out."""

    action: SerializeAsAny[AgentAction]
    """The decision."""
    observation: Any
    """What the tool returned."""

    @property
    def messages(self) -> Sequence[BaseMessage]:
        """The messages by which the result is told to a model."""
        text = _as_text(self.observation)
        if isinstance(self.action, AgentActionMessageLog):
            return [FunctionMessage(text, name=self.action.tool)]
        return [HumanMessage(text)]


class AgentFinish(Serializable):
    """An agent's decision that it is done.

    Example:
        >>> AgentFinish({"output": "3"}, log="Final answer: 3").return_values["output"]
        '3'
    """

    return_values: dict[Any, Any]
    """The answer."""
    log: str
    """What the model said when it decided so."""
    type: Literal["AgentFinish"] = "AgentFinish"

    def __init__(self, return_values: dict[Any, Any], log: str, **kwargs: Any) -> None:
        super().__init__(return_values=return_values, log=log, **kwargs)

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "agent"]

    @property
    def messages(self) -> Sequence[BaseMessage]:
        """The message by which the answer is told."""
        return [AIMessage(self.log)]


def _as_text(observation: Any) -> str:
    if isinstance(observation, str):
        return observation
    try:
        return json.dumps(observation, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(observation)
