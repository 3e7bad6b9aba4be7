"""Runnables that the config of a call completes: fields it sets, alternatives it chooses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, cast

from ferrule._core import ensure_config, input_list, spread_config
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.bound_config import config_to_bind, merge_bound
from ferrule.runnables.coerce import check_runnable
from ferrule.runnables.configurable_specs import (
    AnyConfigurableField,
    ConfigurableField,
    ConfigurableFieldSpec,
    FieldWithOptions,
    check_field,
    get_unique_config_specs,
    has_options,
)
from ferrule.runnables.copying import ComparedByParts
from ferrule.runnables.layout import constructor_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from pydantic import BaseModel
    from typing_extensions import Self

    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.graph import Graph

    Prepared = tuple[Runnable[Any, Any], RunnableConfig]


class DynamicRunnable(ComparedByParts, Runnable[Input, Output]):
    """A runnable that is made ready, from its default, by the config of each call.

    It is no run of its own: handlers see the runs of what it is made into.
    """

    default: Runnable[Input, Output]
    config: RunnableConfig | None

    @abstractmethod
    def _prepare(self, config: RunnableConfig) -> Prepared:
        """Make the runnable for a complete config, and the config that goes with it."""

    def prepare(self, config: RunnableConfig | None = None) -> Prepared:
        """Make the runnable that a call with this config runs, and its config."""
        runnable: Runnable[Any, Any] = self
        prepared = config
        while isinstance(runnable, DynamicRunnable):
            # What is given goes over what is bound, both over what the surrounding run hands down.
            told = merge_bound(runnable.config or {}, prepared or {})
            runnable, prepared = runnable._prepare(ensure_config(told))
        return runnable, cast("RunnableConfig", prepared)

    @abstractmethod
    def _like(self, **changes: Any) -> Self:
        """Make a copy with other parts."""

    def with_config(  # type: ignore[override]
        self, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Self:
        """Bind a config, as `Runnable.with_config` does; it stays configurable."""
        given = config_to_bind(config, kwargs)
        return self._like(config=merge_bound(self.config or {}, given))

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Output:
        runnable, prepared = self.prepare(config)
        return cast("Output", runnable.invoke(input, prepared, **kwargs))

    def ainvoke(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Output]:
        runnable, prepared = self.prepare(config)
        return runnable.ainvoke(input, prepared, **kwargs)

    def batch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        """Run on each input; if all configs leave the default, by its own batch method."""
        given: Any = config
        values = input_list(inputs)
        if configs := self._default_configs(len(values), config):
            return self.default.batch(
                values, configs, return_exceptions=return_exceptions, **kwargs
            )
        return super().batch(values, given, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: Sequence[Input],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Output]:
        """Run on each input; if all configs leave the default, by its own batch method."""
        given: Any = config
        values = input_list(inputs)
        if configs := self._default_configs(len(values), config):
            return await self.default.abatch(
                values, configs, return_exceptions=return_exceptions, **kwargs
            )
        return await super().abatch(values, given, return_exceptions=return_exceptions, **kwargs)

    def _default_configs(
        self, count: int, config: RunnableConfig | Sequence[RunnableConfig] | None
    ) -> list[RunnableConfig] | None:
        configs, _ = spread_config(config, count)
        prepared = [self.prepare(each) for each in configs]
        if all(runnable is self.default for runnable, _ in prepared):
            return [each for _, each in prepared]
        return None

    def stream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        runnable, prepared = self.prepare(config)
        return runnable.stream(input, prepared, **kwargs)

    def astream(
        self, input: Input, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        runnable, prepared = self.prepare(config)
        return runnable.astream(input, prepared, **kwargs)

    def transform(
        self, input: Iterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Output]:
        runnable, prepared = self.prepare(config)
        return runnable.transform(input, prepared, **kwargs)

    def atransform(
        self, input: AsyncIterator[Input], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Output]:
        runnable, prepared = self.prepare(config)
        return runnable.atransform(input, prepared, **kwargs)

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the default's input."""
        return self.default.InputType

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the default's output."""
        return self.default.OutputType

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        runnable, prepared = self.prepare(config)
        return runnable.get_input_schema(prepared)

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        runnable, prepared = self.prepare(config)
        return runnable.get_output_schema(prepared)

    def get_graph(self, config: RunnableConfig | None = None) -> Graph:
        runnable, prepared = self.prepare(config)
        return runnable.get_graph(prepared)

    def __getattr__(self, name: str) -> Any:
        """Read an attribute of the default; a method is called on what its config makes of it."""
        if name.startswith("__") or name in {"default", "config"}:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        attribute = getattr(self.default, name)
        if not callable(attribute):
            return attribute

        @wraps(attribute)
        def configured(*args: Any, **kwargs: Any) -> Any:
            if _is_configuring(kwargs.get("config")):
                runnable, kwargs["config"] = self.prepare(kwargs["config"])
                return getattr(runnable, name)(*args, **kwargs)
            for position, argument in enumerate(args):
                if _is_configuring(argument):
                    runnable, prepared = self.prepare(argument)
                    args = (*args[:position], prepared, *args[position + 1 :])
                    return getattr(runnable, name)(*args, **kwargs)
            target = self.prepare()[0] if self.config else self.default
            return getattr(target, name)(*args, **kwargs)

        return configured


def _is_configuring(argument: Any) -> bool:
    return isinstance(argument, dict) and isinstance(argument.get("configurable"), dict)


class RunnableConfigurableFields(DynamicRunnable[Input, Output]):
    """A pydantic runnable, fields of which the config of a call sets.

    `RunnableSerializable.configurable_fields` makes one; each call with other values runs a copy
    of the default with those values, validated as usual.
    """

    def __init__(
        self,
        *,
        default: Runnable[Input, Output],
        fields: Mapping[str, AnyConfigurableField],
        config: RunnableConfig | None = None,
    ) -> None:
        for name, field in fields.items():
            check_field(field, f"What configures {name!r}", takes_options=True)
        self.default = default
        self.fields = dict(fields)
        self.config = config

    def _like(self, **changes: Any) -> Self:
        parts: dict[str, Any] = {
            "default": self.default,
            "fields": self.fields,
            "config": self.config,
        }
        return type(self)(**{**parts, **changes})

    def configurable_fields(self, **kwargs: AnyConfigurableField) -> Any:
        """Make further fields configurable."""
        more = self.default.configurable_fields(  # type: ignore[attr-defined]
            **{**self.fields, **kwargs}
        )
        return more if self.config is None else more.with_config(self.config)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        model_fields = type(cast("BaseModel", self.default)).model_fields
        specs = list(self.default.config_specs)
        for key, field in self.fields.items():
            described = model_fields[key]
            annotation: Any
            default: Any
            if not has_options(field):
                annotation = field.annotation or described.annotation
                default = getattr(self.default, key)
            else:
                annotation = choices(field.name or field.id, tuple(field.options))
                default = field.default
                if not isinstance(field.default, str):
                    annotation = Sequence[annotation]
            specs.append(
                ConfigurableFieldSpec(
                    id=field.id,
                    annotation=annotation,
                    name=field.name,
                    description=field.description or described.description,
                    default=default,
                    is_shared=field.is_shared,
                )
            )
        return get_unique_config_specs(specs)

    def _prepare(self, config: RunnableConfig) -> Prepared:
        values = dict(self._chosen(config.get("configurable") or {}))
        if not values:
            return self.default, config
        model = type(cast("BaseModel", self.default))
        current = {
            info.alias or key: getattr(self.default, key)
            for key, info in model.model_fields.items()
            if key not in values
        }
        given = {model.model_fields[key].alias or key: value for key, value in values.items()}
        return cast("Runnable[Any, Any]", model(**current, **given)), config

    def _chosen(self, configurable: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, field in self.fields.items():
            if not has_options(field):
                if field.id in configurable:
                    yield key, configurable[field.id]
            elif isinstance(field.default, str):
                yield key, _option(field, configurable.get(field.id) or field.default)
            else:
                names = configurable.get(field.id, field.default)
                yield key, [_option(field, name) for name in names]

    def __repr__(self) -> str:
        return constructor_text(self, "default", "fields", config=None)


def _option(field: FieldWithOptions, name: str) -> Any:
    if name not in field.options:
        known = ", ".join(map(repr, field.options))
        msg = f"{name!r} is no option of the configurable field {field.id!r}; it has {known}."
        raise ValueError(msg)
    return field.options[name]


class RunnableConfigurableAlternatives(DynamicRunnable[Input, Output]):
    """Several runnables, one of which the config of a call chooses.

    `Runnable.configurable_alternatives` makes one.

    Example:
        >>> from ferrule.runnables import ConfigurableField, RunnableLambda
        >>> case = RunnableLambda(str.upper).configurable_alternatives(
        ...     ConfigurableField(id="case"), default_key="upper", lower=RunnableLambda(str.lower)
        ... )
        >>> case.invoke("Ada"), case.invoke("Ada", {"configurable": {"case": "lower"}})
        ('ADA', 'ada')
    """

    def __init__(
        self,
        *,
        which: ConfigurableField,
        default: Runnable[Input, Output],
        alternatives: Mapping[str, Runnable[Input, Output] | Callable[[], Runnable[Input, Output]]],
        default_key: str = "default",
        prefix_keys: bool = False,
        config: RunnableConfig | None = None,
    ) -> None:
        check_field(which, "which", takes_options=False)
        for key, alternative in alternatives.items():
            if not callable(alternative):
                check_runnable(alternative, f"The alternative {key!r}")
        self.which = which
        self.default = default
        self.alternatives = dict(alternatives)
        self.default_key = default_key
        self.prefix_keys = prefix_keys
        self.config = config

    def _like(self, **changes: Any) -> Self:
        parts: dict[str, Any] = {
            "which": self.which,
            "default": self.default,
            "alternatives": self.alternatives,
            "default_key": self.default_key,
            "prefix_keys": self.prefix_keys,
            "config": self.config,
        }
        return type(self)(**{**parts, **changes})

    def configurable_fields(self, **kwargs: AnyConfigurableField) -> Any:
        """Make fields of the default configurable."""
        default = self.default.configurable_fields(**kwargs)  # type: ignore[attr-defined]
        return self._like(default=default)

    def _prefix(self, key: str) -> str:
        return f"{self.which.id}=={key}/"

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        which = self.which
        keys = (*self.alternatives, self.default_key)
        specs = [
            ConfigurableFieldSpec(
                id=which.id,
                annotation=choices(which.name or which.id, keys),
                name=which.name,
                description=which.description,
                default=self.default_key,
                is_shared=which.is_shared,
            )
        ]
        for key, runnable in {self.default_key: self.default, **self.alternatives}.items():
            if isinstance(runnable, Runnable):
                specs.extend(
                    spec._replace(id=self._prefix(key) + spec.id)
                    if self.prefix_keys and not spec.is_shared
                    else spec
                    for spec in runnable.config_specs
                )
        return get_unique_config_specs(specs)

    def _prepare(self, config: RunnableConfig) -> Prepared:
        configurable = config.get("configurable") or {}
        key = configurable.get(self.which.id, self.default_key)
        if self.prefix_keys:
            prefix = self._prefix(key)
            own = {name.removeprefix(prefix): value for name, value in configurable.items()}
            config = {**config, "configurable": own}
        if key == self.default_key:
            return self.default, config
        if key not in self.alternatives:
            known = ", ".join(map(repr, (self.default_key, *self.alternatives)))
            msg = f"{key!r} is no alternative for the configurable {self.which.id!r}; use {known}."
            raise ValueError(msg)
        chosen = self.alternatives[key]
        return (chosen if isinstance(chosen, Runnable) else chosen()), config

    def __repr__(self) -> str:
        return constructor_text(
            self,
            "default",
            "which",
            "alternatives",
            default_key="default",
            prefix_keys=None,  # never so, and therefore always shown
            config=None,
        )


# Equal choices must be the same enum: specifications are compared, and enums by identity.
@lru_cache(maxsize=1024)
def choices(title: str, names: tuple[str, ...]) -> type[Enum]:
    """Make the type of a value that is one of some names."""
    return cast("type[Enum]", Enum(title, [(name, name) for name in names], type=str))
