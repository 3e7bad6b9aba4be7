"""`RunnableEach`: a runnable on every element of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ferrule._core import input_list
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Other
from ferrule.runnables.base import Runnable
from ferrule.runnables.coerce import check_runnable
from ferrule.runnables.copying import ComparedByParts
from ferrule.runnables.layout import constructor_text

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class RunnableEach(ComparedByParts, Runnable[Sequence[Input], list[Other]]):
    """Run another runnable on every element of the input, as its `batch` does.

    `map` makes one. Binding arguments, a config or listeners binds them to the inner runnable.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> RunnableEach(bound=RunnableLambda(str.upper)).invoke(["a", "b"])
        ['A', 'B']
    """

    _built_from: ClassVar = ("bound", "name")

    def __init__(self, *, bound: Runnable[Input, Other], name: str | None = None) -> None:
        check_runnable(bound, "What runs on each element")
        self.bound = bound
        self.name = name

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Name it after the inner runnable, unless it has a name."""
        own = name or self.name or f"RunnableEach<{self.bound.get_name()}>"
        return super().get_name(suffix, name=own)

    def invoke(
        self, input: Sequence[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Other]:
        """Run on all elements; `return_exceptions=True` puts failures into their slots."""
        return self._call_with_config(self._invoke, input, config, **kwargs)

    async def ainvoke(
        self, input: Sequence[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Other]:
        """Run on all elements; `return_exceptions=True` puts failures into their slots."""
        return await self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def _invoke(
        self, values: Sequence[Input], config: RunnableConfig, **kwargs: Any
    ) -> list[Other]:
        return self.bound.batch(input_list(values), config, **kwargs)

    async def _ainvoke(
        self, values: Sequence[Input], config: RunnableConfig, **kwargs: Any
    ) -> list[Other]:
        return await self.bound.abatch(input_list(values), config, **kwargs)

    def bind(self, **kwargs: Any) -> RunnableEach[Input, Other]:  # type: ignore[override]
        return RunnableEach(bound=self.bound.bind(**kwargs), name=self.name)

    def with_config(  # type: ignore[override]
        self, config: RunnableConfig | None = None, **kwargs: Any
    ) -> RunnableEach[Input, Other]:
        return RunnableEach(bound=self.bound.with_config(config, **kwargs), name=self.name)

    def with_listeners(self, **listeners: Any) -> RunnableEach[Input, Other]:  # type: ignore[override]
        return RunnableEach(bound=self.bound.with_listeners(**listeners), name=self.name)

    def with_alisteners(self, **listeners: Any) -> RunnableEach[Input, Other]:  # type: ignore[override]
        return RunnableEach(bound=self.bound.with_alisteners(**listeners), name=self.name)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """List of what the inner runnable takes."""
        return _build.schemas.list_of(self.bound.InputType)

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """List of what the inner runnable gives."""
        return _build.schemas.list_of(self.bound.OutputType)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return _build.schemas.list_model(self, "Input", self.bound.get_input_schema(config))

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return _build.schemas.list_model(self, "Output", self.bound.get_output_schema(config))

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return self.bound.config_specs

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return self.bound.get_graph(config)

    def __repr__(self) -> str:
        return constructor_text(self, "bound")


RunnableEachBase = RunnableEach
"""The class under the name of the half that langchain-core keeps apart."""
