"""`@tool`: a function or a runnable becomes a tool."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from ferrule.runnables.base import Runnable
from ferrule.runnables.signature import is_async_callable
from ferrule.tools.simple import Tool
from ferrule.tools.structured import StructuredTool

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.tools.base import ArgsSchema, BaseTool


@overload
def tool(
    *,
    description: str | None = None,
    return_direct: bool = False,
    args_schema: ArgsSchema | None = None,
    infer_schema: bool = True,
    response_format: Literal["content", "content_and_artifact"] = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Any] | Runnable[Any, Any]], BaseTool]: ...
@overload
def tool(
    name_or_callable: str,
    runnable: Runnable[Any, Any],
    *,
    description: str | None = None,
    return_direct: bool = False,
    args_schema: ArgsSchema | None = None,
    infer_schema: bool = True,
    response_format: Literal["content", "content_and_artifact"] = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: dict[str, Any] | None = None,
) -> BaseTool: ...
@overload
def tool(
    name_or_callable: Callable[..., Any],
    *,
    description: str | None = None,
    return_direct: bool = False,
    args_schema: ArgsSchema | None = None,
    infer_schema: bool = True,
    response_format: Literal["content", "content_and_artifact"] = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: dict[str, Any] | None = None,
) -> BaseTool: ...
@overload
def tool(
    name_or_callable: str,
    *,
    description: str | None = None,
    return_direct: bool = False,
    args_schema: ArgsSchema | None = None,
    infer_schema: bool = True,
    response_format: Literal["content", "content_and_artifact"] = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Any] | Runnable[Any, Any]], BaseTool]: ...
def tool(
    name_or_callable: str | Callable[..., Any] | None = None,
    runnable: Runnable[Any, Any] | None = None,
    **options: Any,
) -> BaseTool | Callable[[Callable[..., Any] | Runnable[Any, Any]], BaseTool]:
    """Make a tool of a function, an async function or a runnable; use it as a decorator or call it.

    The name is the function's unless one is given, the description its docstring, the schema is
    derived from its signature. A runnable must take a dict; `tool("name", runnable)` names it.

    Args:
        name_or_callable: The name of the tool, or what to make it of.
        runnable: What to make the tool of, after a name.
        **options: `description`: instead of the docstring. `return_direct`: whether an agent
            returns the output as its own answer. `args_schema`: pydantic model or JSON schema of
            the arguments. `infer_schema`: False makes a tool of one text argument.
            `response_format`: "content_and_artifact" for functions that return such a pair.
            `parse_docstring`: take the descriptions of the arguments from the section `Args:` of
            a Google-style docstring; `error_on_invalid_docstring`: insist that it is there.
            `extras`: fields for a particular provider.

    Raises:
        ValueError: If there is no name, no description or no object schema to work with, or what
            is given is neither a name, a function nor a runnable.

    Example:
        >>> @tool(parse_docstring=True)
        ... def add(x: int, y: int = 1) -> int:
        ...     '''Add two numbers.
        ...
        ...     Args:
        ...         x: The first one.
        ...         y: The second one.
        ...     '''
        ...     return x + y
        >>> add.description, add.args["x"]["description"], add.invoke({"x": 2})
        ('Add two numbers.', 'The first one.', 3)
    """
    if runnable is not None:
        if not isinstance(name_or_callable, str) or not name_or_callable:
            msg = f"A tool made of a runnable needs a name as text, not {name_or_callable!r}."
            raise ValueError(msg)
        return _make_tool(runnable, name_or_callable, **options)
    if name_or_callable is None:
        return partial(_make_tool, name=None, **options)
    if isinstance(name_or_callable, str):
        return partial(_make_tool, name=name_or_callable, **options)
    return _make_tool(name_or_callable, None, **options)


def _make_tool(  # noqa: PLR0913  the options of `tool`
    made_of: Callable[..., Any] | Runnable[Any, Any],
    name: str | None,
    *,
    description: str | None = None,
    return_direct: bool = False,
    args_schema: ArgsSchema | None = None,
    infer_schema: bool = True,
    response_format: Literal["content", "content_and_artifact"] = "content",
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = True,
    extras: dict[str, Any] | None = None,
) -> BaseTool:
    name = _name_of(made_of, name)
    func: Callable[..., Any] | None = None
    coroutine: Callable[..., Any] | None = None
    if isinstance(made_of, Runnable):
        if made_of.get_input_jsonschema().get("type") != "object":
            msg = f"Runnable {name!r} cannot be a tool of this kind: its input is not an object."
            raise ValueError(msg)
        func, coroutine = calls_of(made_of)
        args_schema = made_of.input_schema
        description = description or repr(made_of)
    elif is_async_callable(made_of):
        coroutine = made_of
    else:
        func = made_of
    if infer_schema or args_schema is not None:
        return StructuredTool.from_function(
            func,
            coroutine,
            name,
            description,
            return_direct,
            args_schema,
            infer_schema,
            response_format=response_format,
            parse_docstring=parse_docstring,
            error_on_invalid_docstring=error_on_invalid_docstring,
            extras=extras,
        )
    description = description or made_of.__doc__
    if description is None:
        msg = f"Function {name!r} needs a docstring, or the tool a `description`."
        raise ValueError(msg)
    return Tool(
        name,
        func,
        description,
        coroutine=coroutine,
        return_direct=return_direct,
        response_format=response_format,
        extras=extras,
    )


def _name_of(made_of: Any, given: str | None) -> str:
    if isinstance(made_of, Runnable):
        return given or str(made_of.get_name())
    name = given or getattr(made_of, "__name__", None)
    if callable(made_of) and isinstance(name, str):
        return name
    msg = f"A tool is made of a named function or a runnable, not of {made_of!r}."
    raise ValueError(msg)


def calls_of(
    runnable: Runnable[Any, Any],
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make the functions that call a runnable with a dict of their keyword arguments."""

    def call(**kwargs: Any) -> Any:
        return runnable.invoke(kwargs)

    async def acall(**kwargs: Any) -> Any:
        return await runnable.ainvoke(kwargs)

    return call, acall
