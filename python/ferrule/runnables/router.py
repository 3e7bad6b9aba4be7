"""`RouterRunnable`: the runnable that the input names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import TypedDict

from ferrule._core import input_list
from ferrule.runnables import _build
from ferrule.runnables._typing import Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.coerce import coerce_to_runnable
from ferrule.runnables.copying import ComparedByParts
from ferrule.runnables.layout import constructor_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec


class RouterInput(TypedDict):
    """What a router takes: where to go, and with what."""

    key: str
    """Which runnable to run."""
    input: Any
    """Its input."""


class RouterRunnable(ComparedByParts, Runnable[RouterInput, Output]):
    """Run the runnable that `input["key"]` names on `input["input"]`.

    A router is no run of its own: handlers see the run of the runnable that it chooses.

    Args:
        runnables: Key to runnable, function or mapping.

    Raises:
        TypeError: It is made of something else than a mapping to runnables.
        ValueError: There is no runnable for the key, or the input has no such parts; raised
            before anything runs.

    Example:
        >>> router = RouterRunnable({"upper": str.upper, "title": str.title})
        >>> router.invoke({"key": "title", "input": "ada lovelace"})
        'Ada Lovelace'
    """

    _built_from: ClassVar = ("runnables",)

    def __init__(self, runnables: Mapping[str, Any]) -> None:
        given: Any = runnables
        if not isinstance(given, Mapping):
            msg = (
                f"RouterRunnable takes a mapping of keys to runnables, but got {given!r} "
                f"({type(given).__name__})."
            )
            raise TypeError(msg)
        self.name = None
        self.runnables: dict[str, Runnable[Any, Output]] = {
            key: coerce_to_runnable(runnable) for key, runnable in runnables.items()
        }

    def _route(self, routed: Any) -> tuple[Runnable[Any, Output], Any]:
        if not isinstance(routed, Mapping) or not {"key", "input"} <= routed.keys():
            msg = f"A router takes a dictionary with 'key' and 'input', but got {routed!r}."
            raise ValueError(msg)
        key = routed["key"]
        if key not in self.runnables:
            known = ", ".join(map(repr, self.runnables))
            msg = f"The router has no runnable for the key {key!r}; it has {known}."
            raise ValueError(msg)
        return self.runnables[key], routed["input"]

    def invoke(
        self, input: RouterInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Output:
        chosen, value = self._route(input)
        return chosen.invoke(value, config, **kwargs)

    def ainvoke(
        self, input: RouterInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Output]:
        chosen, value = self._route(input)
        return chosen.ainvoke(value, config, **kwargs)

    def batch(
        self,
        inputs: Sequence[RouterInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        values = self._route_all(inputs, return_exceptions)
        return super().batch(values, config, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: Sequence[RouterInput],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        values = self._route_all(inputs, return_exceptions)
        return await super().abatch(values, config, return_exceptions=return_exceptions, **kwargs)

    def _route_all(
        self, inputs: Sequence[RouterInput], return_exceptions: bool
    ) -> list[RouterInput]:
        """Find a wrong key before the first input runs, unless its slot may show the error."""
        values = input_list(inputs)
        if not return_exceptions:
            for each in values:
                self._route(each)
        return values

    def stream(
        self, input: RouterInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        chosen, value = self._route(input)
        return chosen.stream(value, config, **kwargs)

    def astream(
        self, input: RouterInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        chosen, value = self._route(input)
        return chosen.astream(value, config, **kwargs)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """A dictionary with `key` and `input`."""
        return RouterInput

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The output types of all runnables."""
        return _build.schemas.union_of(each.OutputType for each in self.runnables.values())

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self.runnables.values())

    def __repr__(self) -> str:
        return constructor_text(self, "runnables")
