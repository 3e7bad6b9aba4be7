"""`StructuredTool`: a function of any number of typed arguments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainSerializer, PydanticUserError, SkipValidation

from ferrule.runnables.signature import is_async_callable
from ferrule.tools.base import ArgsSchema, is_model_class
from ferrule.tools.function import FunctionTool
from ferrule.tools.injection import RUN_ARGS, annotations_of, config_parameter
from ferrule.tools.schema import create_schema_from_function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def _as_json_schema(schema: ArgsSchema) -> Any:
    if not is_model_class(schema):
        return schema
    try:
        return schema.model_json_schema()
    except PydanticUserError:
        # A tool with an injected argument of any class works, and can be shown.
        return repr(schema)


class StructuredTool(FunctionTool):
    """A function whose arguments are described by a schema.

    Example:
        >>> def add(x: int, y: int) -> int:
        ...     '''Add two numbers.'''
        ...     return x + y
        >>> StructuredTool.from_function(add).invoke({"x": 1, "y": "2"})
        3
    """

    args_schema: Annotated[  # pyright: ignore[reportIncompatibleVariableOverride]  never None
        SkipValidation[ArgsSchema],
        PlainSerializer(_as_json_schema, when_used="json-unless-none"),
    ] = Field(..., description="The tool schema.")
    """Model or JSON schema of the arguments."""

    @classmethod
    def from_function(  # noqa: PLR0913  the documented signature
        cls,
        func: Callable[..., Any] | None = None,
        coroutine: Callable[..., Awaitable[Any]] | None = None,
        name: str | None = None,
        description: str | None = None,
        return_direct: bool = False,
        args_schema: ArgsSchema | None = None,
        infer_schema: bool = True,
        *,
        response_format: Literal["content", "content_and_artifact"] = "content",
        parse_docstring: bool = False,
        error_on_invalid_docstring: bool = False,
        **kwargs: Any,
    ) -> StructuredTool:
        """Make a tool of a function, an async function, or both.

        Args:
            func: The function.
            coroutine: The async function.
            name: The tool's name; by default the function's.
            description: The tool's description; by default the function's docstring, or that of
                `args_schema`.
            return_direct: Whether an agent returns the tool's output as its own answer.
            args_schema: Model or JSON schema of the arguments; by default derived from the
                signature.
            infer_schema: Whether to derive it.
            response_format: Whether the function returns the content of the message, or a pair of
                content and artifact.
            parse_docstring: Whether to take the descriptions of the arguments from the section
                `Args:` of a Google-style docstring.
            error_on_invalid_docstring: Whether a docstring without that section is an error.
            **kwargs: Further fields of the tool.

        Raises:
            TypeError: If it is no function.
            ValueError: If there is no function, or nothing that names or describes it.
        """
        if coroutine is None and is_async_callable(func):
            func, coroutine = None, func
        source = func if func is not None else coroutine
        if source is None:
            msg = "A StructuredTool needs `func` or `coroutine`."
            raise ValueError(msg)
        given: Any = source
        if not callable(given):
            msg = f"A tool is made of a function, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        name = name or getattr(given, "__name__", None)
        if not name:
            msg = f"{source!r} has no name of its own: pass the tool's `name`."
            raise ValueError(msg)
        if args_schema is None and infer_schema:
            args_schema = create_schema_from_function(
                name,
                source,
                filter_args=_run_arguments(source),
                parse_docstring=parse_docstring,
                error_on_invalid_docstring=error_on_invalid_docstring,
            )
        if description is None:
            # With `parse_docstring` the schema holds the docstring without its sections.
            own = None if parse_docstring else source.__doc__
            description = own or _description_of(args_schema)
            if description is None:
                msg = f"Function {name!r} needs a docstring, or the tool a `description`."
                raise ValueError(msg)
            description = textwrap.dedent(description)
        return cls(
            name=name,
            func=func,
            coroutine=coroutine,
            args_schema=args_schema,  # type: ignore[arg-type]  # without one, nothing is checked
            description=description.strip(),
            return_direct=return_direct,
            response_format=response_format,
            **kwargs,
        )


def _run_arguments(function: Callable[..., Any]) -> list[str]:
    config = config_parameter(annotations_of(function))
    return [*RUN_ARGS, *([config] if config else [])]


def _description_of(schema: Any) -> str | None:
    if isinstance(schema, dict):
        return schema.get("description")
    if is_model_class(schema):
        # A model without a docstring of its own says nothing about the tool.
        return "" if schema.__doc__ == BaseModel.__doc__ else schema.__doc__ or None
    return None
