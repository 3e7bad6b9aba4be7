"""`RunnableWithMessageHistory`: a conversation that is loaded before and stored after each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ferrule._core import RunnableBase, ensure_config
from ferrule.chat_history import BaseChatMessageHistory
from ferrule.messages import AIMessage, BaseMessage, HumanMessage
from ferrule.runnables import _build
from ferrule.runnables.addable import Total
from ferrule.runnables.base import Runnable
from ferrule.runnables.binding import ItemwiseBinding
from ferrule.runnables.closing import close, closing_stream
from ferrule.runnables.coerce import check_runnable
from ferrule.runnables.configurable_specs import (
    ConfigurableFieldSpec,
    get_unique_config_specs,
)
from ferrule.runnables.lambda_ import RunnableLambda
from ferrule.runnables.passthrough import RunnablePassthrough

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.graph import Graph

GetSessionHistoryCallable: TypeAlias = Callable[..., BaseChatMessageHistory]
"""Finds the history of a conversation by the configurable values of a call."""

MessagesOrDictWithMessages: TypeAlias = Sequence[BaseMessage] | dict[str, Any]
"""What the inner runnable takes: messages, or a dictionary with messages under a key."""

_SESSION = ConfigurableFieldSpec(
    id="session_id",
    annotation=str,
    name="Session ID",
    description="Which conversation a call belongs to.",
    default="",
    is_shared=True,
)


class RunnableWithMessageHistory(ItemwiseBinding[Any, Any]):
    """Give a runnable the messages of its conversation so far, and store the new ones.

    Each call says in `config["configurable"]` which conversation it belongs to. Its messages
    are put before those of the input, or under a key of their own. After a successful run the
    input's and the output's messages are stored; a failed run stores nothing, a stream that is
    closed early what was produced so far.

    Args:
        runnable: Takes messages, or a dictionary with messages under a key.
        get_session_history: Finds the history of a conversation; called with the configurable
            values that `history_factory_config` lists (one: positionally, several: by name).
        input_messages_key: Key of the new messages in an input dictionary.
        output_messages_key: Key of the messages in an output dictionary.
        history_messages_key: Key under which the input dictionary gets the earlier messages;
            without it they come before the new ones.
        history_factory_config: The configurable values; `session_id` unless given.
        **bound_parts: What else `RunnableBinding` takes.

    Raises:
        ValueError: A call does not name its conversation; raised before anything runs.

    Example:
        >>> from ferrule.chat_history import InMemoryChatMessageHistory
        >>> from ferrule.runnables import RunnableLambda
        >>> store = InMemoryChatMessageHistory()
        >>> counting = RunnableWithMessageHistory(
        ...     RunnableLambda(lambda messages: f"message {len(messages)}"), lambda session: store
        ... )
        >>> session = {"configurable": {"session_id": "a"}}
        >>> counting.invoke("hello", session), counting.invoke("again", session)
        ('message 1', 'message 3')
    """

    def __init__(
        self,
        runnable: Runnable[Any, Any],
        get_session_history: GetSessionHistoryCallable,
        *,
        input_messages_key: str | None = None,
        output_messages_key: str | None = None,
        history_messages_key: str | None = None,
        history_factory_config: Sequence[ConfigurableFieldSpec] | None = None,
        **bound_parts: Any,
    ) -> None:
        check_runnable(runnable, "What has a history")
        _check_factory(get_session_history)
        self.get_session_history = get_session_history
        self.input_messages_key = input_messages_key
        self.output_messages_key = output_messages_key
        self.history_messages_key = history_messages_key
        self.history_factory_config = list(history_factory_config or (_SESSION,))
        self.name = None
        load: Runnable[Any, Any] = RunnableLambda(self._load, self._aload).with_config(
            run_name="load_history"
        )
        if key := history_messages_key or input_messages_key:
            load = RunnablePassthrough.assign(**{key: load}).with_config(run_name="insert_history")

        def inner(_: Any) -> Runnable[Any, Any]:
            return runnable

        async def ainner(_: Any) -> Runnable[Any, Any]:
            return runnable

        # The names of these runs are those that handlers know from langchain-core.
        run = RunnableLambda(inner, ainner).with_config(run_name="check_sync_or_async")
        super().__init__(
            bound=(load | run).with_config(run_name="RunnableWithMessageHistory"), **bound_parts
        )
        self._runnable = runnable

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        return RunnableBase.get_name(self, suffix, name=name)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        merged = self._merge_configs(config)
        output = self.bound.invoke(input, merged, **{**self.kwargs, **kwargs})
        _history(merged).add_messages(self._new_messages(input, output))
        return output

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        merged = self._merge_configs(config)
        output = await self.bound.ainvoke(input, merged, **{**self.kwargs, **kwargs})
        await _history(merged).aadd_messages(self._new_messages(input, output))
        return output

    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        merged = self._merge_configs(config)
        chunks = self.bound.stream(input, merged, **{**self.kwargs, **kwargs})
        return self._storing(chunks, input, _history(merged))

    def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        merged = self._merge_configs(config)
        chunks = self.bound.astream(input, merged, **{**self.kwargs, **kwargs})
        return self._astoring(chunks, input, _history(merged))

    # A stream of input is summed up first: the new messages are known when it has ended.
    transform = Runnable.transform
    atransform = Runnable.atransform

    def _storing(
        self, chunks: Iterator[Any], given: Any, history: BaseChatMessageHistory
    ) -> Iterator[Any]:
        total = Total()
        try:
            for chunk in chunks:
                total.take(chunk)
                yield chunk
        except GeneratorExit:
            close(chunks)
            history.add_messages(self._new_messages(given, total.value))
            raise
        history.add_messages(self._new_messages(given, total.value))

    async def _astoring(
        self, chunks: AsyncIterator[Any], given: Any, history: BaseChatMessageHistory
    ) -> AsyncIterator[Any]:
        total = Total()
        try:
            async with closing_stream(chunks) as closing:
                async for chunk in closing:
                    total.take(chunk)
                    yield chunk
        except GeneratorExit:
            await history.aadd_messages(self._new_messages(given, total.value))
            raise
        await history.aadd_messages(self._new_messages(given, total.value))

    def _load(self, value: Any, config: RunnableConfig) -> list[BaseMessage]:
        return self._with_new(list(_history(config).messages), value)

    async def _aload(self, value: Any, config: RunnableConfig) -> list[BaseMessage]:
        return self._with_new(list(await _history(config).aget_messages()), value)

    def _with_new(self, earlier: list[BaseMessage], value: Any) -> list[BaseMessage]:
        # Also where they are not needed yet: what cannot be stored later must not run first.
        new = _messages(value, self.input_messages_key, "input", HumanMessage)
        return earlier if self.history_messages_key else [*earlier, *new]

    def _new_messages(self, given: Any, output: Any) -> list[BaseMessage]:
        if output is None:
            return []
        asked = _messages(given, self.input_messages_key, "input", HumanMessage)
        return [*asked, *_messages(output, self.output_messages_key, "output", AIMessage)]

    def _merge_configs(self, *configs: RunnableConfig | None) -> RunnableConfig:
        merged = super()._merge_configs(*configs)
        configurable = ensure_config(merged).get("configurable") or {}
        keys = [spec.id for spec in self.history_factory_config]
        parameters = list(signature(self.get_session_history).parameters)
        missing = sorted(key for key in keys if key not in configurable)
        if missing and parameters:
            example = {"configurable": dict.fromkeys(missing, "...")}
            msg = (
                f"The config does not say which conversation this is: {', '.join(missing)} "
                f"is missing. Pass a config such as {example}."
            )
            raise ValueError(msg)
        if not parameters:
            history = self.get_session_history()
        elif len(keys) == 1:
            history = self.get_session_history(configurable[keys[0]])
        elif set(keys) != set(parameters):
            msg = (
                f"get_session_history takes {sorted(parameters)}, but history_factory_config "
                f"lists {sorted(keys)}; they must be the same names."
            )
            raise ValueError(msg)
        else:
            history = self.get_session_history(**{key: configurable[key] for key in keys})
        # A history of another library will do.
        if isinstance(history, type) or not hasattr(history, "add_messages"):
            msg = (
                "get_session_history gives a BaseChatMessageHistory, "
                f"but got {history!r} ({type(history).__name__})."
            )
            raise TypeError(msg)
        return {**merged, "configurable": {**configurable, "message_history": history}}

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return get_unique_config_specs([*super().config_specs, *self.history_factory_config])

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        del config
        name = "RunnableWithChatHistoryInput"
        if not self.input_messages_key:
            return _build.schemas.root_model(name, Sequence[BaseMessage], __name__)
        messages: Any = Sequence[BaseMessage]
        if self.history_messages_key:
            messages = str | BaseMessage | Sequence[BaseMessage]
        return _build.schemas.object_model(name, {self.input_messages_key: (messages, ...)})

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the runnable's output."""
        return self._runnable.OutputType

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return self._runnable.get_output_schema(config)

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return self.bound.get_graph(config)


def _check_factory(given: Any) -> None:
    if not callable(given):
        msg = (
            "get_session_history is a function that gives the history of a conversation, "
            f"but got {given!r} ({type(given).__name__})."
        )
        raise TypeError(msg)


def _history(config: RunnableConfig) -> BaseChatMessageHistory:
    return cast("BaseChatMessageHistory", config.get("configurable", {})["message_history"])


def _messages(
    value: Any, key: str | None, usual_key: str, text_message: type[BaseMessage]
) -> list[BaseMessage]:
    """Find the messages in what a runnable takes or gives."""
    if isinstance(value, dict):
        only = next(iter(value)) if len(value) == 1 else usual_key
        name = key or only
        if name not in value:
            msg = (
                f"The messages of the {usual_key} have the key {name!r}; "
                f"there are only {list(value)}."
            )
            raise KeyError(msg)
        value = value[name]
    if isinstance(value, str):
        return [text_message(content=value)]
    if isinstance(value, BaseMessage):
        return [value]
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], list):
            # One conversation, as models take it: a list of lists of messages.
            (value,) = value
        return list(value)
    msg = (
        f"A conversation is made of messages, lists of messages or text, but got {value!r} "
        f"({type(value).__name__})."
    )
    raise ValueError(msg)
