"""What the tools that wrap functions share: a function, its async twin, or both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer
from typing_extensions import override

from ferrule.tools.base import BaseTool
from ferrule.tools.schema import create_schema_from_function

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig

_AsText = PlainSerializer(
    lambda function: str(function),  # noqa: PLW0108  pydantic before 2.9 asks for a signature
    when_used="json-unless-none",
)

SyncFunction = Annotated[Callable[..., Any] | None, _AsText]
AsyncFunction = Annotated[Callable[..., Awaitable[Any]] | None, _AsText]


class FunctionTool(BaseTool):
    """A tool whose work is done by a function that it was made of.

    The function gets what it names beside the model's arguments: `run_manager`, `callbacks` (the
    manager for runs inside the tool) and a parameter annotated with `RunnableConfig`.
    """

    description: str = ""
    func: SyncFunction = None
    """The function; without one, the tool can be awaited only."""
    coroutine: AsyncFunction = None
    """The async function; without one, `func` runs in a thread when the tool is awaited."""

    @override
    def _make_input_schema(self) -> type[BaseModel]:
        function = self.func or self.coroutine
        if function is None or type(self)._run is not FunctionTool._run:
            return super()._make_input_schema()
        return create_schema_from_function(self.name, function)

    @override
    def _body(self, *, is_async: bool) -> tuple[Callable[..., Any], bool]:
        cls = type(self)
        if is_async:
            if cls._arun is not FunctionTool._arun:
                return self._arun, True
            if self.coroutine is not None:
                return self.coroutine, True
        if cls._run is FunctionTool._run and self.func is not None:
            return self.func, False
        return self._run, False

    @override
    def _run(
        self,
        *args: Any,
        config: RunnableConfig | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Call the function, for subclasses that wrap it.

        Raises:
            NotImplementedError: If the tool has an async function only.
        """
        if self.func is None:
            msg = f"Tool {self.name!r} has an async function only: await `ainvoke`."
            raise NotImplementedError(msg)
        given = self._facts(self.func).supply(run_manager, config)
        return self.func(*args, **kwargs, **given)

    @override
    async def _arun(
        self,
        *args: Any,
        config: RunnableConfig | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Call the async function, for subclasses that wrap it."""
        if self.coroutine is None:
            return await super()._arun(*args, config=config, run_manager=run_manager, **kwargs)
        given = self._facts(self.coroutine).supply(run_manager, config)
        return await self.coroutine(*args, **kwargs, **given)
