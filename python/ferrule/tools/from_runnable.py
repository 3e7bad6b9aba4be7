"""`Runnable.as_tool`: a runnable becomes a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, RootModel, create_model
from typing_extensions import is_typeddict

from ferrule.tools.decorator import calls_of
from ferrule.tools.simple import Tool
from ferrule.tools.structured import StructuredTool

if TYPE_CHECKING:
    from ferrule.runnables.base import Runnable
    from ferrule.tools.base import BaseTool


def convert_runnable_to_tool(
    runnable: Runnable[Any, Any],
    args_schema: type[BaseModel] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    arg_types: dict[str, type] | None = None,
) -> BaseTool:
    """Make a tool of a runnable that takes text or a dict.

    Args:
        runnable: What the tool runs, as a child of its own run.
        args_schema: Model of the arguments; by default the runnable's input schema.
        name: The tool's name; by default the runnable's.
        description: The tool's description; by default it tells the input schema.
        arg_types: Type of each argument, where the input schema does not know them.

    Raises:
        TypeError: If the arguments are not known, or are described by something else than a
            model or a dict of types.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> total = RunnableLambda(lambda given: given["a"] + given["b"])
        >>> sum_tool = total.as_tool(name="sum", arg_types={"a": int, "b": int})
        >>> sum_tool.invoke({"a": 1, "b": 2})
        3
    """
    if args_schema is not None:
        given: Any = args_schema
        if not (isinstance(given, type) and issubclass(given, BaseModel)):
            msg = (
                f"args_schema is a pydantic model, but got {given!r} "
                f"({type(given).__name__}); for a dict of types use arg_types."
            )
            raise TypeError(msg)
        runnable = runnable.with_types(input_type=args_schema)
    schema = runnable.get_input_jsonschema()
    name = name or runnable.get_name()
    description = description or f"Takes {schema}."
    if schema.get("type") == "string":
        return Tool(name, runnable.invoke, description, coroutine=runnable.ainvoke)
    model = runnable.input_schema
    if arg_types is not None or not schema.get("properties") or issubclass(model, RootModel):
        model = _model_of(runnable, name, arg_types)
    func, coroutine = calls_of(runnable)
    return StructuredTool.from_function(func, coroutine, name, description, args_schema=model)


def _model_of(
    runnable: Runnable[Any, Any], name: str, arg_types: dict[str, type] | None
) -> type[BaseModel]:
    if arg_types is None and is_typeddict(runnable.InputType):
        arg_types = get_type_hints(runnable.InputType)
    if arg_types is None:
        msg = (
            f"The arguments of {name!r} are not known: annotate its input with str or with a "
            "TypedDict, or pass `arg_types` or `args_schema`."
        )
        raise TypeError(msg)
    given: Any = arg_types
    if not isinstance(given, dict):
        msg = (
            "arg_types is a dict from argument names to types, "
            f"but got {given!r} ({type(given).__name__})."
        )
        raise TypeError(msg)
    fields: dict[str, Any] = {argument: (kind, ...) for argument, kind in arg_types.items()}
    return create_model(name, **fields)
