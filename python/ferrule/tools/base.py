"""`BaseTool`: something that a model can call by name, with arguments.

One call of a tool is a `ToolRun` of the core, with parts from `call`; schemas are made in `schema`,
what is known of one for each call is in `arguments`, injected arguments are found in `injection`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeGuard, cast

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SkipValidation, ValidationError
from typing_extensions import get_annotations, override

from ferrule._core import ArgumentModel, ToolDrive, ToolFacts, ToolRun, check_config
from ferrule.messages.tool import ToolCall
from ferrule.runnables.context import run_in_executor
from ferrule.runnables.serializable import RunnableSerializable
from ferrule.tools.arguments import Fields
from ferrule.tools.call import acalled
from ferrule.tools.errors import SchemaAnnotationError, ToolException
from ferrule.tools.injection import (
    RUN_ARGS,
    CallFacts,
    InjectedToolArg,
    InjectedToolCallId,
    is_injected_field,
)
from ferrule.tools.schema import create_schema_from_function, subset_model

if TYPE_CHECKING:
    import uuid

    from typing_extensions import Self

    from ferrule.callbacks import Callbacks
    from ferrule.runnables.config import RunnableConfig

__all__ = [
    "ArgsSchema",
    "BaseTool",
    "BaseToolkit",
    "InjectedToolArg",
    "InjectedToolCallId",
    "SchemaAnnotationError",
    "ToolException",
    "ToolInput",
    "create_schema_from_function",
    "is_model_class",
]

ArgsSchema: TypeAlias = type[BaseModel] | dict[str, Any]
"""A pydantic model, or a JSON schema of type "object"."""

ToolInput: TypeAlias = str | dict[str, Any] | ToolCall


class BaseTool(ToolDrive, RunnableSerializable[ToolInput, Any]):
    """A unit of work with a name, a description and a schema that a model can choose to call.

    Subclasses implement `_run`, and `_arun` if they can do better than a thread. Every call is a
    run of kind "tool": `on_tool_start` gets the arguments that the model chose (injected ones are
    left out), then `on_tool_end` or `on_tool_error` follows, all with the id of the tool call.

    Called with a `ToolCall` it answers with a `ToolMessage`, else with what `_run` returned.
    Further keywords of `invoke` are for `on_tool_start` and `on_tool_end`.

    Example:
        >>> class Twice(BaseTool):
        ...     name: str = "twice"
        ...     description: str = "Double a number."
        ...
        ...     def _run(self, x: int) -> int:
        ...         return 2 * x
        >>> Twice().invoke({"x": 4})
        8
        >>> Twice().invoke({"name": "twice", "args": {"x": 4}, "id": "c1", "type": "tool_call"})
        ToolMessage(content='8', name='twice', tool_call_id='c1')
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str = Field(...)  # pyright: ignore[reportIncompatibleVariableOverride]  never None
    """What the model calls the tool by."""

    description: str
    """Tells the model what the tool does and when to use it."""

    args_schema: SkipValidation[ArgsSchema | None] = Field(
        default=None, description="The tool schema."
    )
    """Model or JSON schema of the arguments; by default it is derived from `_run`."""

    return_direct: bool = False
    """Whether an agent returns the tool's output as its own answer."""

    verbose: bool = False
    """Show runs on the console."""

    callbacks: SkipValidation[Any] = Field(default=None, exclude=True)
    """Handlers of this tool's own runs; runs inside them don't inherit these."""

    tags: list[str] | None = None
    """Tags of this tool's own runs."""

    metadata: dict[str, Any] | None = None
    """Metadata of this tool's own runs."""

    handle_tool_error: bool | str | Callable[[ToolException], Any] | None = False
    """What a `ToolException` becomes: it propagates (False), or the answer is its text (True),
    this text, or what this function of the exception returns. The message of such an answer has
    the status "error"."""

    handle_validation_error: bool | str | Callable[[ValidationError], Any] | None = False
    """The same for arguments that do not fit the schema."""

    response_format: Literal["content", "content_and_artifact"] = "content"
    """Whether the tool returns the content of its message, or a pair of content and artifact."""

    extras: dict[str, Any] | None = None
    """Fields for a particular provider's tool format, such as `cache_control`."""

    _memo: _Memo = PrivateAttr(default_factory=lambda: _Memo())  # noqa: PLW0108  defined below
    # What is derived from the fields: forgotten when one of them is set.

    if not TYPE_CHECKING:
        # As for all runnables that are pydantic models: the core's is not for copying.
        __new__ = object.__new__

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class whose `args_schema` is annotated with a model instead of a type."""
        super().__init_subclass__(**kwargs)
        if get_annotations(cls).get("args_schema") in (BaseModel, "BaseModel"):
            msg = (
                f"args_schema of {cls.__name__} is annotated with BaseModel; "
                "annotate it with type[BaseModel], since its value is a class."
            )
            raise SchemaAnnotationError(msg)

    def __init__(self, **kwargs: Any) -> None:
        """Check the fields; see the class for what they mean."""
        schema = kwargs.get("args_schema")
        if schema is not None and not isinstance(schema, dict) and not is_model_class(schema):
            msg = (
                "args_schema must be a subclass of pydantic.BaseModel or a JSON schema as a dict, "
                f"not {schema!r}."
            )
            raise TypeError(msg)
        super().__init__(**kwargs)

    # ---- what the model is told

    @property
    def args(self) -> dict[str, Any]:
        """JSON schema of each argument that the model chooses, by name."""
        schema = self.tool_call_schema
        if not isinstance(schema, dict):
            schema = schema.model_json_schema()
        properties: dict[str, Any] = schema.get("properties", {})
        return properties

    @property
    def is_single_input(self) -> bool:
        """Whether the tool takes exactly one argument."""
        return len(set(self.args) - {"kwargs"}) == 1

    @property
    def tool_call_schema(self) -> ArgsSchema:
        """Schema of the arguments that the model chooses, described by the tool's description."""
        if isinstance(self.args_schema, dict):
            described = {"description": self.description} if self.description else {}
            return {**self.args_schema, **described}
        model: type[BaseModel] = self._remembered("tool_call_schema", self._make_call_schema)
        return model

    def _make_call_schema(self) -> type[BaseModel]:
        model = self.get_input_schema()
        if not model.__pydantic_complete__:
            model.model_rebuild()
        chosen = [n for n, field in model.model_fields.items() if not is_injected_field(field)]
        return subset_model(self.name, model, chosen, description=self.description)

    @override
    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Return the model of all arguments, the injected ones included."""
        if is_model_class(self.args_schema):
            return self.args_schema
        if self.args_schema is not None:
            return super().get_input_schema(config)
        model: type[BaseModel] = self._remembered("input_schema", self._make_input_schema)
        return model

    def _make_input_schema(self) -> type[BaseModel]:
        return create_schema_from_function(self.name, self._run)

    # ---- running

    @override
    async def ainvoke(
        self,
        input: ToolInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the tool as `invoke` does; a tool without async code runs in a thread.

        Args:
            input: A `ToolCall`, the arguments by name, or the only argument as text.
            config: Callbacks, tags, metadata and so on of the run.
            **kwargs: Further keywords for `on_tool_start` and `on_tool_end`.

        Returns:
            A `ToolMessage` if `input` is a `ToolCall` (unless the tool makes its own), else what
            the tool returned.

        Raises:
            ValidationError: If the arguments do not fit the schema and this is not handled.
        """
        return await acalled(self, ToolRun.of_input(self, input, config, kwargs))

    def run(  # noqa: PLR0913  the documented signature
        self,
        tool_input: str | dict[str, Any],
        verbose: bool | None = None,
        start_color: str | None = "green",
        color: str | None = "green",
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: uuid.UUID | None = None,
        config: RunnableConfig | None = None,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the tool as `invoke` does, with the parts of the config one by one.

        Args:
            tool_input: The arguments by name, or the only argument as text.
            verbose: Show this run on the console, whatever the tool is set to.
            start_color: A hint for handlers that print, passed to `on_tool_start`.
            color: The same for `on_tool_end`.
            callbacks: Handlers or a manager; they win over those of `config`.
            tags: As for `callbacks`.
            metadata: As for `callbacks`.
            run_name: As for `callbacks`.
            run_id: As for `callbacks`.
            config: What the other arguments leave open.
            tool_call_id: The tool call to answer with a `ToolMessage`.
            **kwargs: Further keywords for `on_tool_start` and `on_tool_end`.
        """
        config = _complete(
            config,
            callbacks=callbacks,
            tags=tags,
            metadata=metadata,
            run_name=run_name,
            run_id=run_id,
        )
        colors = (start_color, color)
        run = ToolRun(self, tool_input, config, tool_call_id, colors, kwargs, bool(verbose))
        return run.call()

    async def arun(  # noqa: PLR0913  the documented signature
        self,
        tool_input: str | dict[str, Any],
        verbose: bool | None = None,
        start_color: str | None = "green",
        color: str | None = "green",
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: uuid.UUID | None = None,
        config: RunnableConfig | None = None,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call the tool as `ainvoke` does, with the arguments of `run`."""
        config = _complete(
            config,
            callbacks=callbacks,
            tags=tags,
            metadata=metadata,
            run_name=run_name,
            run_id=run_id,
        )
        colors = (start_color, color)
        run = ToolRun(self, tool_input, config, tool_call_id, colors, kwargs, bool(verbose))
        return await acalled(self, run)

    @abstractmethod
    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work.

        A parameter `run_manager` receives the run's manager, one that is annotated with
        `RunnableConfig` a config for whatever the tool calls.
        """

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work asynchronously; by default `_run` in a thread."""
        return await run_in_executor(None, self._run, *args, **kwargs)

    # ---- for the core, and for subclasses that wrap functions

    def _body(self, *, is_async: bool) -> tuple[Callable[..., Any], bool]:
        """Return what does the work, and whether it is async."""
        if is_async and type(self)._arun is not BaseTool._arun:
            return self._arun, True
        return self._run, False

    def _facts(self, body: Callable[..., Any]) -> CallFacts:
        """Return what the function or method of this tool wants."""
        # By identity: it lives as long as the memo, and need not be hashable.
        key = id(getattr(body, "__func__", body))
        memo = self._everything_remembered()
        facts: CallFacts | None = memo.get(key)
        if facts is None:
            facts = memo[key] = CallFacts.of(body)
        return facts

    def _find_facts(self) -> ToolFacts:
        """Find out how calls of this tool are run, and remember it for the core."""
        body, _ = self._body(is_async=False)
        tie = self._facts(body)
        facts = ToolFacts(
            self,
            name=self.name,
            serialized=self._described(),
            hidden=tuple(self._hidden_arguments()),
            # A method of the tool is called by its name: the tool must not hold on to itself.
            function=None if getattr(body, "__self__", None) is self else body,
            tie=tie if tie.tied else None,
            arguments=self._only_check(),
            is_pair=self.response_format == "content_and_artifact",
        )
        self._everything_remembered()["tool_facts"] = facts
        return facts

    def _only_check(self) -> ArgumentModel | None:
        """Return what checks arguments that are a dict, if nothing else is done with them."""
        fields, cls = self._fields(), type(self)
        is_own = (
            cls._to_args_and_kwargs is BaseTool._to_args_and_kwargs
            and cls._parse_input is BaseTool._parse_input
            and self.__dict__.keys().isdisjoint(("_to_args_and_kwargs", "_parse_input"))
        )
        if fields is None or not fields.all or not is_own or self._injected().injected:
            return None
        return None if fields.call_id else fields.arguments

    def _hidden_arguments(self) -> set[str]:
        """Names of the arguments that no event and no model sees."""
        names = {*RUN_ARGS, *self._injected().injected}
        if is_model_class(self.args_schema):
            fields = self.args_schema.model_fields.items()
            names.update(name for name, field in fields if is_injected_field(field))
        return names

    def _injected(self) -> CallFacts:
        """What the tool's function has injected; the async one is asked if it is the only one."""
        facts = self._facts(self._body(is_async=False)[0])
        if facts.injected:
            return facts
        body, is_native = self._body(is_async=True)
        return self._facts(body) if is_native else facts

    def _described(self) -> dict[str, Any]:
        """Return what the start of a run tells as `serialized`."""
        return {"name": self.name, "description": self.description, "id": self.lc_id()}

    def _parse_input(
        self, tool_input: str | dict[str, Any], tool_call_id: str | None
    ) -> str | dict[str, Any]:
        """Check the arguments against the schema, convert them and add the tool call's id.

        Raises:
            ValidationError: If they do not fit.
            ValueError: If the tool needs the id of the tool call and was not given one.
        """
        fields = self._fields()
        if isinstance(tool_input, str):
            if isinstance(self.args_schema, dict):
                msg = f"Tool {self.name!r} takes its arguments as a dict, not as text."
                raise ValueError(msg)  # noqa: TRY004  the documented class
            if fields is not None:
                only = fields.all[0]
                return getattr(fields.model.model_validate({only: tool_input}), only)  # type: ignore[no-any-return]
            return tool_input
        values, facts = dict(tool_input), self._injected()
        if fields is not None:
            for name in fields.call_id:
                values[name] = self._required_id(tool_call_id)
            checked = fields.arguments.validated(values)
            for name in facts.injected:
                if name in values:
                    checked[name] = values[name]
            values = checked
        for name in facts.call_id:
            if name not in values:
                values[name] = self._required_id(tool_call_id)
        return values

    def _fields(self) -> Fields | None:
        """Return what is known of the model of arguments, if there is one."""
        memo = self._everything_remembered()
        if "fields" not in memo:
            schema = self.args_schema
            memo["fields"] = Fields.of(schema) if is_model_class(schema) else None
        fields: Fields | None = memo["fields"]
        return fields

    def _required_id(self, tool_call_id: str | None) -> str:
        if tool_call_id is None:
            msg = (
                f"Tool {self.name!r} wants to know the id of the tool call that it answers: invoke "
                'it with a tool call, {"name": ..., "args": {...}, "id": ..., "type": "tool_call"}.'
            )
            raise ValueError(msg)
        return tool_call_id

    def _to_args_and_kwargs(
        self, tool_input: Any, tool_call_id: str | None
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Turn what the tool was called with into arguments for its function."""
        if not isinstance(tool_input, (str, dict)):
            msg = (
                f"Tool {self.name!r} takes a tool call, a dict of arguments or text, "
                f"not {type(tool_input).__name__}: {tool_input!r}."
            )
            raise TypeError(msg)
        fields = self._fields()
        if fields is not None and not fields.all:
            return (), {}
        parsed = self._parse_input(tool_input, tool_call_id)
        return ((), parsed) if isinstance(parsed, dict) else ((parsed,), {})

    # ---- the memo

    def _remembered(self, key: Any, make: Callable[[], Any]) -> Any:
        memo = self._everything_remembered()
        if key not in memo:
            memo[key] = make()
        return memo[key]

    def _everything_remembered(self) -> dict[Any, Any]:
        # Past the look-up of private attributes, which takes longer than all that is remembered.
        private = self.__pydantic_private__
        memo: _Memo = self._memo if private is None else private["_memo"]
        return memo

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name != "_memo" and self.__pydantic_private__ is not None:
            self._memo = _Memo()

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the tool, with some fields changed."""
        copied = super().model_copy(update=update, deep=deep)
        copied._memo = _Memo()
        return copied


class _Memo(dict[Any, Any]):
    """What a tool remembers. Its copies and pickles are empty: they belong to another tool."""

    def __reduce__(self) -> tuple[type[_Memo], tuple[()]]:
        return _Memo, ()


def _complete(config: RunnableConfig | None, **parts: Any) -> RunnableConfig:
    """Add parts to a config: each that was given wins over the config's."""
    check_config(config)
    told = {key: value for key, value in parts.items() if value is not None}
    return cast("RunnableConfig", {**(config or {}), **told})


def is_model_class(schema: Any) -> TypeGuard[type[BaseModel]]:
    """Whether `schema` is a pydantic model class."""
    return isinstance(schema, type) and issubclass(schema, BaseModel)


class BaseToolkit(BaseModel, ABC):
    """A group of tools that belong together and share their settings."""

    @abstractmethod
    def get_tools(self) -> list[BaseTool]:
        """Return the tools."""
