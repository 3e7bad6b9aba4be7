"""`RunnableBinding`: a runnable with arguments and a config of its own."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

from ferrule._core import BindingDrive, check_config, input_list, spread_config
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.bound_config import config_to_bind, merge_bound
from ferrule.runnables.coerce import check_runnable
from ferrule.runnables.copying import ComparedByParts
from ferrule.runnables.layout import constructor_text
from ferrule.runnables.signature import accepts_config, position_of

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Coroutine,
        Iterator,
        Mapping,
        Sequence,
    )

    from pydantic import BaseModel
    from typing_extensions import Self

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec
    from ferrule.runnables.graph import Graph


class RunnableBindingBase(BindingDrive, ComparedByParts, Runnable[Input, Output]):
    """Run another runnable with bound keyword arguments and a bound config.

    A binding is no run of its own: handlers see the runs of what is bound. The config of a call
    is merged on top of the bound one, and then with what each factory makes of the result.

    Args:
        bound: The runnable.
        kwargs: Keyword arguments of every call; the ones of a call win over them.
        config: Config of every call.
        config_factories: Functions from the merged config, completed by what the surrounding run
            hands down, to a further config.
        custom_input_type: What `InputType` says instead of the bound runnable's.
        custom_output_type: What `OutputType` says instead of the bound runnable's.

    Raises:
        TypeError: What is bound is no runnable, or a value in the config has the wrong type.
    """

    def __init__(
        self,
        *,
        bound: Runnable[Input, Output],
        kwargs: Mapping[str, Any] | None = None,
        config: RunnableConfig | None = None,
        config_factories: Sequence[Callable[[RunnableConfig], RunnableConfig]] | None = None,
        custom_input_type: Any = None,
        custom_output_type: Any = None,
    ) -> None:
        check_runnable(bound, "What is bound")
        check_config(config)  # refuses wrong values where they are bound, not where they are used
        self.custom_input_type = custom_input_type
        self.custom_output_type = custom_output_type
        self._setup(bound, dict(kwargs or {}), dict(config or {}), list(config_factories or ()))

    if TYPE_CHECKING:

        @property
        def bound(self) -> Runnable[Input, Output]: ...

        def invoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Output: ...

        def ainvoke(
            self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
        ) -> Coroutine[Any, Any, Output]: ...

    def _with(self, **changes: Any) -> Self:
        """Make a binding like this one but for some of its parts."""
        parts: dict[str, Any] = {
            "bound": self.bound,
            "kwargs": self.kwargs,
            "config": self.config,
            "config_factories": self.config_factories,
            "custom_input_type": self.custom_input_type,
            "custom_output_type": self.custom_output_type,
        }
        return type(self)(**{**parts, **changes})

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        return self.bound.get_name(suffix, name=name)

    def _configs(
        self, config: RunnableConfig | Sequence[RunnableConfig] | None, count: int
    ) -> list[RunnableConfig]:
        configs, _ = spread_config(config, count)
        return [self._merge_configs(each) for each in configs]

    def batch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        values = input_list(inputs)
        return self.bound.batch(
            values,
            self._configs(config, len(values)),
            return_exceptions=return_exceptions,
            **{**self.kwargs, **kwargs},
        )

    def abatch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, list[Output]]:
        values = input_list(inputs)
        return self.bound.abatch(
            values,
            self._configs(config, len(values)),
            return_exceptions=return_exceptions,
            **{**self.kwargs, **kwargs},
        )

    if not TYPE_CHECKING:  # the types are those of Runnable

        def batch_as_completed(self, inputs: Any, config: Any = None, **kwargs: Any) -> Any:
            values = input_list(inputs)
            configs = self._configs(config, len(values))
            return self.bound.batch_as_completed(values, configs, **{**self.kwargs, **kwargs})

        def abatch_as_completed(self, inputs: Any, config: Any = None, **kwargs: Any) -> Any:
            values = input_list(inputs)
            configs = self._configs(config, len(values))
            return self.bound.abatch_as_completed(values, configs, **{**self.kwargs, **kwargs})

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        return self.bound.stream(input, self._merge_configs(config), **{**self.kwargs, **kwargs})

    def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        return self.bound.astream(input, self._merge_configs(config), **{**self.kwargs, **kwargs})

    def transform(
        self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        return self.bound.transform(input, self._merge_configs(config), **{**self.kwargs, **kwargs})

    def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        return self.bound.atransform(
            input, self._merge_configs(config), **{**self.kwargs, **kwargs}
        )

    def astream_events(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        return self.bound.astream_events(
            input, self._merge_configs(config), **{**self.kwargs, **kwargs}
        )

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """The custom input type, else the bound runnable's."""
        given = self.custom_input_type
        return self.bound.InputType if given is None else given

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The custom output type, else the bound runnable's."""
        given = self.custom_output_type
        return self.bound.OutputType if given is None else given

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        if self.custom_input_type is not None:
            return super().get_input_schema(config)
        return self.bound.get_input_schema(self._merge_configs(config))

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        if self.custom_output_type is not None:
            return super().get_output_schema(config)
        return self.bound.get_output_schema(self._merge_configs(config))

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return self.bound.config_specs

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        return self.bound.get_graph(self._merge_configs(config))

    _told_parts: ClassVar[Mapping[str, Any]] = {
        "kwargs": {},
        "config": {},
        "config_factories": [],
        "custom_input_type": None,
        "custom_output_type": None,
    }
    """The parts that the representation shows, with the values at which it leaves them out."""

    def __repr__(self) -> str:
        return constructor_text(self, "bound", **self._told_parts)


class ItemwiseBinding(RunnableBindingBase[Input, Output]):
    """A binding that does something around each run, so that batches go through its `invoke`."""

    batch = Runnable.batch
    abatch = Runnable.abatch
    if not TYPE_CHECKING:  # the types are those of Runnable
        batch_as_completed = Runnable.batch_as_completed
        abatch_as_completed = Runnable.abatch_as_completed


class RunnableBinding(RunnableBindingBase[Input, Output]):
    """A runnable with bound arguments and config; `bind` and `with_config` make one.

    Binding again adds to what is bound. Attributes of the bound runnable can be read through
    it; its methods that take a config get the bound one as well.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> scaled = RunnableLambda(lambda x, by=1: x * by).bind(by=3)
        >>> scaled.invoke(2), scaled.invoke(2, by=10)
        (6, 20)
    """

    _built_from: ClassVar = ("bound", "kwargs", "config", "config_factories")

    def bind(self, **kwargs: Any) -> Self:
        return self._with(kwargs={**self.kwargs, **kwargs})

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        return self._with(config=merge_bound(self.config, config_to_bind(config, kwargs)))

    def _listened(self, tracer: Any, **listeners: Any) -> Self:
        outer = super()._listened(tracer, **listeners)
        return self._with(config_factories=[*outer.config_factories, *self.config_factories])

    # By position, too: as langchain-core's bindings, unlike its other runnables.
    def with_types(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, input_type: Any = None, output_type: Any = None
    ) -> Self:
        return self._with(
            custom_input_type=self.custom_input_type if input_type is None else input_type,
            custom_output_type=self.custom_output_type if output_type is None else output_type,
        )

    def with_retry(self, **kwargs: Any) -> Any:
        return self._with(bound=self.bound.with_retry(**kwargs))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in {"bound", "kwargs", "config", "config_factories"}:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        attribute = getattr(self.bound, name)
        if not callable(attribute) or not accepts_config(attribute):
            return attribute
        position = position_of(attribute, "config")

        @wraps(attribute)
        def configured(*args: Any, **kwargs: Any) -> Any:
            if position is not None and len(args) > position:
                merged = self._merge_configs(args[position])
                args = (*args[:position], merged, *args[position + 1 :])
            else:
                kwargs["config"] = self._merge_configs(kwargs.get("config"))
            return attribute(*args, **kwargs)

        return configured
