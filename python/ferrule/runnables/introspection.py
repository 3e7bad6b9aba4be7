"""The introspection half of `Runnable`: types, schemas, graph, prompts.

Deriving a schema needs pydantic and drawing needs the graph modules; both are loaded when one
of these methods is first called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_args

from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

    from ferrule.prompts.base import BasePromptTemplate
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class Introspective(Generic[Input, Output]):
    """What a runnable can tell about itself without running."""

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the input: what the class passes to `Runnable[...]` first, else `Any`."""
        return self._type_argument(0)

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the output: what the class passes to `Runnable[...]` second, else `Any`."""
        return self._type_argument(1)

    def _type_argument(self, position: int) -> Any:
        for arguments in self._type_arguments():
            is_pair = len(arguments) == 2  # noqa: PLR2004  input and output
            if is_pair and not isinstance(arguments[position], TypeVar):
                return arguments[position]
        return Any

    def _type_arguments(self) -> Iterator[tuple[Any, ...]]:
        # `typing` notes on an instance with which arguments its class was called.
        yield get_args(getattr(self, "__orig_class__", None))
        for cls in type(self).__mro__:
            # Pydantic keeps the arguments of a parametrised model on the class that it made.
            yield (vars(cls).get("__pydantic_generic_metadata__") or {}).get("args", ())
            yield from map(get_args, vars(cls).get("__orig_bases__", ()))

    @property
    def input_schema(self) -> type[BaseModel]:
        """Pydantic model of the input, for no particular config."""
        return self.get_input_schema()

    @property
    def output_schema(self) -> type[BaseModel]:
        """Pydantic model of the output, for no particular config."""
        return self.get_output_schema()

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Derive the pydantic model of the input; `config` chooses configurable parts."""
        del config
        return _build.schemas.model_of(_runnable(self), "Input", self.InputType)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """Derive the pydantic model of the output; `config` chooses configurable parts."""
        del config
        return _build.schemas.model_of(_runnable(self), "Output", self.OutputType)

    def get_input_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Derive the JSON schema of the input."""
        return _build.schemas.json_schema(self.get_input_schema(config))

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Derive the JSON schema of the output."""
        return _build.schemas.json_schema(self.get_output_schema(config))

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """Values that `config["configurable"]` may hold for this runnable."""
        return []

    def config_schema(self, *, include: Sequence[str] | None = None) -> type[BaseModel]:
        """Derive the pydantic model of the config.

        Args:
            include: Config keys (such as `"tags"`) to describe beside `configurable`.
        """
        return _build.schemas.config_model(_runnable(self), include or ())

    def get_config_jsonschema(self, *, include: Sequence[str] | None = None) -> dict[str, Any]:
        """Derive the JSON schema of the config."""
        return self.config_schema(include=include).model_json_schema()

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        """Describe what runs, as a graph that can be drawn (`draw_ascii`, `draw_mermaid`)."""
        return _build.graphs.graph_of(_runnable(self), config)

    def get_prompts(self, config: RunnableConfig | None = None) -> list[BasePromptTemplate[Any]]:
        """List the prompt templates among the runnables of the graph."""
        return _build.graphs.prompts_in(self.get_graph(config))


def _runnable(half: Introspective[Any, Any]) -> Runnable[Any, Any]:
    return cast("Runnable[Any, Any]", half)
