"""`ToolCallingAgent`: a model that calls tools until it has an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from pydantic import (
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    PrivateAttr,
    SkipValidation,
    field_validator,
)
from typing_extensions import override

from ferrule._core import RunPlan
from ferrule.agents import AgentFinish
from ferrule.messages import AIMessage, BaseMessage, SystemMessage
from ferrule.runnables.addable import AddableDict
from ferrule.runnables.closing import close, closing_stream
from ferrule.runnables.config import ensure_config, patch_config
from ferrule.runnables.serializable import RunnableSerializable
from ferrule.tool_agent.caller import ToolCaller
from ferrule.tool_agent.loop import (
    AgentResult,
    AskModel,
    CallTools,
    Conversation,
    Limits,
    Tell,
)
from ferrule.tool_agent.transcript import Transcript, messages_of, whole
from ferrule.tools import BaseTool, tool

if TYPE_CHECKING:
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig

T = TypeVar("T")


class ToolCallingAgent(RunnableSerializable[Any, AgentResult]):
    """A chat model with tools: it is asked, its tool calls are carried out, it is asked again.

    The run ends when the model answers without calling a tool. Several calls in one answer are
    carried out at once: in threads by `invoke` and `stream`, as tasks by `ainvoke` and `astream`.
    Every call of the model and of a tool is a child of the agent's run, on which
    `on_agent_action` tells of each tool call before it is carried out and `on_agent_finish` of
    the answer.

    The input is text, a message, a list of messages, a prompt value, or a dict with "input" or
    "messages", and optionally "chat_history"; the output is an `AgentResult`. `stream` yields
    dicts that add up to it: messages as they are said, those of the model in pieces, then the
    output.

    Example:
        >>> from ferrule.language_models import GenericFakeChatModel
        >>> from ferrule.messages import AIMessage
        >>> class Scripted(GenericFakeChatModel):
        ...     def bind_tools(self, tools, **kwargs):
        ...         return self
        >>> def add(x: int, y: int) -> int:
        ...     '''Add two numbers.'''
        ...     return x + y
        >>> call = {"name": "add", "args": {"x": 1, "y": 2}, "id": "c1"}
        >>> answers = [AIMessage("", tool_calls=[call]), AIMessage("It is 3.")]
        >>> agent = ToolCallingAgent(model=Scripted(messages=iter(answers)), tools=[add])
        >>> result = agent.invoke("What is 1 + 2?")
        >>> result["output"], [message.type for message in result["messages"]]
        ('It is 3.', ['ai', 'tool', 'ai'])
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    model: SkipValidation[Any]
    """The chat model; it must have `bind_tools`."""

    tools: list[Any] = Field(default_factory=list)
    """Tools; functions become tools, and dicts are tools that the model's provider runs itself."""

    system_prompt: str | SystemMessage | None = None
    """What the model is told first, before the history."""

    max_iterations: PositiveInt | None = 15
    """How many rounds of tool calls there may be; None for any number."""

    max_execution_time: PositiveFloat | None = None
    """How many seconds the run may take. `ainvoke` and `astream` cancel what is under way then;
    `invoke` and `stream` stop before the next step."""

    on_limit: Literal["raise", "return"] = "raise"
    """What happens at a limit: an `AgentLimitError`, or a result whose output says so."""

    handle_tool_errors: bool | str | Callable[[Exception], str] = True
    """What an exception of a tool becomes: the model is told of it (True), told this text, or told
    what this function of the exception returns; with False it ends the run. What the tool handles
    itself does not come here."""

    _asked: Any = PrivateAttr(default=None)
    _caller: ToolCaller = PrivateAttr()
    _direct: frozenset[str] = PrivateAttr(default=frozenset())

    @field_validator("tools", mode="before")
    @classmethod
    def _refuse_a_single_tool(cls, tools: Any) -> Any:
        # Pydantic would make a list of the fields of a tool, which is a model.
        if isinstance(tools, BaseTool):
            msg = f"tools is a list, got the tool {tools.name!r}; put a single tool into a list."
            raise TypeError(msg)
        return tools

    def model_post_init(self, context: Any, /) -> None:
        """Bind the tools to the model.

        Raises:
            TypeError: If the model is none, or cannot be given tools.
            ValueError: If two tools have the same name.
        """
        super().model_post_init(context)
        if not hasattr(self.model, "invoke"):
            msg = (
                "An agent asks a chat model, or a runnable that answers like one, but got "
                f"{self.model!r} ({type(self.model).__name__})."
            )
            raise TypeError(msg)
        made = [t if isinstance(t, (BaseTool, dict)) else tool(t) for t in self.tools]
        callable_ = [t for t in made if isinstance(t, BaseTool)]
        by_name = {t.name: t for t in callable_}
        if len(by_name) < len(callable_):
            msg = f"Each tool needs a name of its own: {', '.join(t.name for t in callable_)}."
            raise ValueError(msg)
        if made and not hasattr(self.model, "bind_tools"):
            msg = f"{type(self.model).__name__} cannot be given tools: it has no `bind_tools`."
            raise TypeError(msg)
        self._asked = self.model.bind_tools(made) if made else self.model
        self._caller = ToolCaller(by_name, self.handle_tool_errors)
        self._direct = frozenset(t.name for t in callable_ if t.return_direct)

    @override
    def invoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AgentResult:
        """Ask the agent.

        Args:
            input: The question; see the class.
            config: Callbacks and so on of the run and everything in it.
            **kwargs: Keywords for the model.

        Raises:
            AgentLimitError: If a limit is reached and `on_limit` is "raise".
        """

        def run(run_manager: Any) -> AgentResult:
            inner, talk = self._start(input, config, run_manager)

            def ask(messages: list[BaseMessage]) -> Iterator[BaseMessage]:
                yield self._asked.invoke(messages, inner, **kwargs)

            for _ in self._say(talk, inner, run_manager, ask):
                pass
            return _result(talk)

        result: AgentResult = self._plan(input, config).call(run)
        return result

    @override
    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AgentResult:
        """Ask the agent as `invoke` does, without blocking the event loop."""

        async def run(run_manager: Any) -> AgentResult:
            inner, talk = self._start(input, config, run_manager)

            async def ask(messages: list[BaseMessage]) -> AsyncIterator[BaseMessage]:
                yield await self._asked.ainvoke(messages, inner, **kwargs)

            async for _ in self._asay(talk, inner, run_manager, ask):
                pass
            return _result(talk)

        result: AgentResult = await self._plan(input, config).acall(run)
        return result

    @override
    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Ask the agent and yield what is said, piece by piece; see the class.

        Closing the stream ends the run, with what was said so far.
        """

        def run(run_manager: Any) -> Iterator[AddableDict]:
            inner, talk = self._start(input, config, run_manager)

            def ask(messages: list[BaseMessage]) -> Iterator[BaseMessage]:
                return self._asked.stream(messages, inner, **kwargs)  # type: ignore[no-any-return]

            yield from self._say(talk, inner, run_manager, ask)
            yield AddableDict(output=_result(talk)["output"])

        return self._plan(input, config).stream(run, _summed)

    @override
    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Ask the agent and yield what is said as `stream` does."""

        async def run(run_manager: Any) -> AsyncIterator[AddableDict]:
            inner, talk = self._start(input, config, run_manager)

            def ask(messages: list[BaseMessage]) -> AsyncIterator[BaseMessage]:
                return self._asked.astream(messages, inner, **kwargs)  # type: ignore[no-any-return]

            async with closing_stream(self._asay(talk, inner, run_manager, ask)) as chunks:
                async for chunk in chunks:
                    yield chunk
            yield AddableDict(output=_result(talk)["output"])

        async with closing_stream(self._plan(input, config).astream(run, _summed)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _say(
        self,
        talk: Conversation,
        config: RunnableConfig,
        run_manager: Any,
        ask: Callable[[list[BaseMessage]], Iterator[BaseMessage]],
    ) -> Iterator[AddableDict]:
        """Carry the conversation through, and yield what is said."""
        told = 0
        while (step := talk.step) is not None:
            if isinstance(step, AskModel):
                pieces: list[BaseMessage] = []
                answer = ask(step.messages)
                try:
                    for piece in answer:
                        pieces.append(piece)
                        yield _chunk(piece)
                finally:
                    close(answer)
                told += 1
                talk.proceed(_answer(pieces))
            elif isinstance(step, CallTools):
                talk.proceed(_joined(self._caller.batch(step.calls, config)))
            else:
                _tell(run_manager, step)
                talk.proceed(None)
            if told < len(talk.said):
                yield _chunk(*talk.said[told:])
                told = len(talk.said)

    async def _asay(
        self,
        talk: Conversation,
        config: RunnableConfig,
        run_manager: Any,
        ask: Callable[[list[BaseMessage]], AsyncIterator[BaseMessage]],
    ) -> AsyncIterator[AddableDict]:
        """Carry the conversation through, and yield what is said; stop when its time is up."""
        told = 0
        while (step := talk.step) is not None:
            if isinstance(step, AskModel):
                pieces: list[BaseMessage] = []
                async with closing_stream(ask(step.messages)) as answer:
                    while (piece := await _in_time(talk, _next(answer))) is not None:
                        pieces.append(piece)
                        yield _chunk(piece)
                if talk.step is step:  # the time was not up
                    told += 1
                    talk.proceed(_answer(pieces))
            elif isinstance(step, CallTools):
                results = await _in_time(talk, self._caller.abatch(step.calls, config))
                if results is not None:
                    talk.proceed(_joined(results))
            else:
                await _tell(run_manager, step)
                talk.proceed(None)
            if told < len(talk.said):
                yield _chunk(*talk.said[told:])
                told = len(talk.said)

    def _plan(self, given: Any, config: RunnableConfig | None) -> RunPlan:
        return RunPlan("chain", self, config, payload=given, name=self.get_name())

    def _start(
        self, given: Any, config: RunnableConfig | None, run_manager: Any
    ) -> tuple[RunnableConfig, Conversation]:
        history = messages_of(given)
        if self.system_prompt is not None:
            first = self.system_prompt
            history.insert(0, SystemMessage(first) if isinstance(first, str) else first)
        limits = Limits(self.max_iterations, self.max_execution_time, self.on_limit)
        inner = patch_config(ensure_config(config), callbacks=run_manager.get_child())
        return inner, Conversation(history, limits, self._direct)


def _tell(run_manager: Any, step: Tell) -> Any:
    """Tell the handlers; the result is awaitable if the manager is async."""
    decision = step.decision
    if isinstance(decision, AgentFinish):
        return run_manager.on_agent_finish(decision)
    return run_manager.on_agent_action(decision)


async def _in_time(talk: Conversation, doing: Awaitable[T]) -> T | None:
    """Await a part of a step; None if the time of the conversation was up before."""
    try:
        return await asyncio.wait_for(doing, talk.seconds_left)
    except asyncio.TimeoutError:
        if talk.seconds_left != 0:
            raise  # the step's own
        talk.stop()
        return None


async def _next(stream: AsyncIterator[T]) -> T | None:
    async for item in stream:
        return item
    return None


def _result(talk: Conversation) -> AgentResult:
    if talk.result is None:
        msg = "The conversation is still going on."
        raise RuntimeError(msg)
    return talk.result


def _joined(groups: list[list[BaseMessage]]) -> list[BaseMessage]:
    return list(chain.from_iterable(groups))


def _chunk(*messages: BaseMessage) -> AddableDict:
    return AddableDict(messages=Transcript(messages))


def _answer(pieces: list[BaseMessage]) -> AIMessage:
    messages = whole(pieces)
    if len(messages) != 1:
        msg = f"The model's stream makes {len(messages)} messages instead of one."
        raise ValueError(msg)
    if not isinstance(messages[0], AIMessage):
        msg = f"An agent's model answers with an AIMessage, not {type(messages[0]).__name__}."
        raise TypeError(msg)
    return messages[0]


def _summed(chunks: list[Any]) -> dict[str, Any]:
    """What a stream comes to, also if it was closed before its end."""
    messages = chain.from_iterable(chunk.get("messages", ()) for chunk in chunks)
    output = chunks[-1].get("output") if chunks else None
    return {**({} if output is None else {"output": output}), "messages": whole(messages)}


def create_tool_calling_agent(
    model: Runnable[Any, Any],
    tools: Sequence[BaseTool | Callable[..., Any] | dict[str, Any]],
    system_prompt: str | SystemMessage | None = None,
    **options: Any,
) -> ToolCallingAgent:
    """Make a `ToolCallingAgent`; the options are its further fields."""
    return ToolCallingAgent(
        model=model, tools=cast("list[Any]", tools), system_prompt=system_prompt, **options
    )
