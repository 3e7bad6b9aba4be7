"""The course of an agent's run, without saying how its steps are carried out.

`converse` decides what comes next; whoever drives it carries the steps out, sync, async or
streaming, and sends back what came of them. `Conversation` holds the two together.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from typing_extensions import TypedDict

from ferrule.agents import AgentActionMessageLog, AgentFinish
from ferrule.exceptions import FerruleError
from ferrule.messages import AIMessage, BaseMessage, ToolMessage
from ferrule.tool_agent.transcript import refusal, unanswered, with_ids

if TYPE_CHECKING:
    from collections.abc import Generator

    from ferrule.messages.tool_calls import ToolCall


class AgentResult(TypedDict):
    """What an agent hands back."""

    output: str
    """The final answer."""
    messages: list[BaseMessage]
    """Everything that was said since the input, the final answer last."""


class AgentLimitError(FerruleError):
    """An agent did not come to an answer within its limits.

    Attributes:
        messages: What was said until then, complete: every tool call has an answer.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.messages: list[BaseMessage] = []


@dataclass(frozen=True)
class AskModel:
    """Step: ask the model. Reply: its message."""

    messages: list[BaseMessage]


@dataclass(frozen=True)
class CallTools:
    """Step: call tools, all at once. Reply: their messages, in the order of the calls."""

    calls: list[ToolCall]


@dataclass(frozen=True)
class Tell:
    """Step: tell the handlers of the run what the agent decided. Reply: nothing."""

    decision: AgentActionMessageLog | AgentFinish


Step: TypeAlias = AskModel | CallTools | Tell


@dataclass(frozen=True)
class Limits:
    """How long an agent may take, and what becomes of it then."""

    iterations: int | None
    """How often tools may be called and the model asked again."""
    seconds: float | None
    policy: Literal["raise", "return"]


def converse(
    history: list[BaseMessage], said: list[BaseMessage], limits: Limits, direct: frozenset[str]
) -> Generator[Step, Any, AgentResult]:
    """Go from a question to an answer, step by step.

    Args:
        history: What was said before.
        said: Collects what is said from now on.
        limits: When to stop. An `AgentLimitError` that is thrown in is treated as such a stop.
        direct: Names of tools whose output is the answer.

    Raises:
        AgentLimitError: If a limit is reached and the policy is to raise it.
    """
    try:
        for _ in count() if limits.iterations is None else range(limits.iterations):
            answer = with_ids((yield AskModel([*history, *said])))
            said.append(answer)
            if not answer.tool_calls and not answer.invalid_tool_calls:
                return (yield from _finished(answer.text, said))
            for call in answer.tool_calls:
                yield Tell(_decision(answer, call))
            results = yield CallTools(answer.tool_calls)
            said += results
            said += [
                refusal(call, f"The arguments are not JSON: {call['error'] or call['args']}")
                for call in answer.invalid_tool_calls
            ]
            final = [m for m in results if _is_final(m, direct)]
            if final:
                return (yield from _finished(final[-1].text, said))
        msg = f"The agent has no answer after {limits.iterations} rounds of tool calls."
        raise AgentLimitError(msg)  # noqa: TRY301  caught below together with those thrown in
    except AgentLimitError as limit:
        said += unanswered(said, "The agent was stopped before the tool was done.")
        limit.messages = said
        if limits.policy == "raise":
            raise
        said.append(AIMessage(str(limit)))
        return (yield from _finished(str(limit), said))


def _finished(text: str, said: list[BaseMessage]) -> Generator[Step, Any, AgentResult]:
    text = str(text)
    yield Tell(AgentFinish({"output": text}, log=text))
    return {"output": text, "messages": said}


def _decision(answer: AIMessage, call: ToolCall) -> AgentActionMessageLog:
    return AgentActionMessageLog(
        tool=call["name"],
        tool_input=call["args"],
        log=str(answer.text),
        message_log=[answer],
    )


def _is_final(message: BaseMessage, direct: frozenset[str]) -> bool:
    return (
        isinstance(message, ToolMessage) and message.status == "success" and message.name in direct
    )


@dataclass
class Conversation:
    """A run of `converse` under way."""

    history: list[BaseMessage]
    limits: Limits
    direct: frozenset[str]
    said: list[BaseMessage] = field(default_factory=list)
    step: Step | None = None
    """What to do next; None when it is over."""
    result: AgentResult | None = None

    def __post_init__(self) -> None:
        """Take the first step."""
        self._turns = converse(self.history, self.said, self.limits, self.direct)
        seconds = self.limits.seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self.proceed(None)

    @property
    def seconds_left(self) -> float | None:
        """How much time is left; None if there is no limit."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def proceed(self, reply: Any) -> None:
        """Send back what came of the step, and learn the next one."""
        self._take(self._turns.send, reply)
        if isinstance(self.step, (AskModel, CallTools)) and self.seconds_left == 0:
            self.stop()

    def stop(self) -> None:
        """Let the conversation end because its time is up."""
        msg = f"The agent has no answer after {self.limits.seconds} seconds."
        self._take(self._turns.throw, AgentLimitError(msg))

    def _take(self, move: Any, value: Any) -> None:
        try:
            self.step = move(value)
        except StopIteration as over:
            self.step, self.result = None, over.value
