"""`Tool`: a function of one text argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import create_model
from typing_extensions import override

from ferrule.tools.errors import ToolException
from ferrule.tools.function import FunctionTool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from ferrule.tools.base import ArgsSchema


class Tool(FunctionTool):
    """A function with one argument, usually text.

    Example:
        >>> Tool(name="length", func=len, description="Count letters.").invoke("four")
        4
    """

    def __init__(
        self, name: str, func: Callable[..., Any] | None, description: str, **kwargs: Any
    ) -> None:
        """Wrap `func`; the further keywords are fields of the tool."""
        super().__init__(name=name, func=func, description=description, **kwargs)

    @property
    @override
    def args(self) -> dict[str, Any]:
        """JSON schema of the argument, by name."""
        return {"tool_input": {"type": "string"}} if self.args_schema is None else super().args

    @override
    def _make_input_schema(self) -> type[BaseModel]:
        return create_model(self.name, tool_input=(str, ...))

    @override
    def _to_args_and_kwargs(
        self, tool_input: Any, tool_call_id: str | None
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args, kwargs = super()._to_args_and_kwargs(tool_input, tool_call_id)
        given = (*args, *kwargs.values())
        if len(given) != 1:
            msg = (
                f"Tool {self.name!r} takes exactly one argument, not {len(given)}: {given!r}. "
                "Use StructuredTool for a function of several arguments."
            )
            raise ToolException(msg)
        return given, {}

    @classmethod
    def from_function(
        cls,
        func: Callable[..., Any] | None,
        name: str,
        description: str,
        return_direct: bool = False,
        args_schema: ArgsSchema | None = None,
        coroutine: Callable[..., Awaitable[Any]] | None = None,
        **kwargs: Any,
    ) -> Tool:
        """Make a tool of a function, an async function, or both.

        Raises:
            ValueError: If neither is given.
        """
        if func is None and coroutine is None:
            msg = f"Tool {name!r} needs `func` or `coroutine`."
            raise ValueError(msg)
        fields = {"args_schema": args_schema, "return_direct": return_direct, **kwargs}
        return cls(name, func, description, coroutine=coroutine, **fields)
