"""Pydantic models of what runnables take and give, inferred from types and functions."""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import lru_cache, partial
from operator import itemgetter
from types import GenericAlias, SimpleNamespace, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ferrule.runnables.base import Runnable
from ferrule.runnables.config import RunnableConfig
from ferrule.runnables.configurable_specs import (
    ConfigurableFieldSpec,
    get_unique_config_specs,
)
from ferrule.runnables.passthrough import RunnableAssign, RunnablePick
from ferrule.runnables.source import keys_read, objects_used

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ferrule.runnables.parallel import RunnableParallel

    Model = type[BaseModel]
    Definition = tuple[Any, Any]


_annotated_type: Any = Annotated  # type checkers know only types written out


class _Object(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())


class _Root(RootModel[Any]):
    model_config = ConfigDict(arbitrary_types_allowed=True)


def root_model(name: str, annotation: Any, module: str, default: Any = ...) -> Model:
    """Make the model of one value of a type."""
    return _model(name, _Root, module, {"root": (annotation, default)})


def object_model(name: str, definitions: Mapping[str, Definition], module: str = __name__) -> Model:
    """Make the model of a dictionary with these keys: each `(type, default)`, `...` if needed.

    A default may be a pydantic `Field`. Keys that pydantic cannot have as field names are kept as
    aliases.
    """
    fields: dict[str, Any] = {}
    for key, (annotation, default) in definitions.items():
        if key.isidentifier() and not key.startswith("_") and not hasattr(BaseModel, key):
            fields[key] = (annotation, default)
        else:
            given = default if isinstance(default, FieldInfo) else Field(default)
            title = Field(title=key.strip("_").replace("_", " ").title())
            # Later ones win: the title that was given, then the alias.
            kind = _annotated_type[annotation, title, given]
            fields[f"private_{key.lstrip('_')}"] = (kind, Field(alias=key))
    return _model(name, _Object, module, fields)


def _model(name: str, base: Model, module: str, fields: dict[str, Definition]) -> Model:
    """Make a model; one that was made of the same already is that.

    Pydantic takes milliseconds to make one, and a graph asks each of its steps for two.
    """
    definition = _Definition(name, base, module, fields)
    try:
        hash(definition)
    except TypeError:  # a type or a default has none
        return definition.make()
    return _made(definition)


class _Definition:
    """All that a model is made of. Equal ones are spelled alike: `int | str` is not `str | int`."""

    def __init__(self, name: str, base: Model, module: str, fields: dict[str, Definition]) -> None:
        self.name, self.base, self.module, self.fields = name, base, module, fields
        spelled = tuple((key, *map(_spelled, field)) for key, field in fields.items())
        self._key = (name, base, module, spelled)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Definition) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def make(self) -> Model:
        fields: dict[str, Any] = self.fields
        made: Model = create_model(self.name, __base__=self.base, __module__=self.module, **fields)
        return made


@lru_cache(maxsize=256)
def _made(definition: _Definition) -> Model:
    return definition.make()


def _spelled(part: Any) -> Any:
    """Take a type apart down to its names, in their order, each with its class."""
    parts = part if isinstance(part, list) else get_args(part)
    if not parts:
        return type(part), part
    return type(part), get_origin(part), tuple(map(_spelled, parts))


def model_of(
    runnable: Runnable[Any, Any],
    side: str,
    annotation: Any,
    func: Callable[..., Any] | None = None,
) -> Model:
    """Make the model of one side, `"Input"` or `"Output"`, of a runnable.

    A pydantic model is its own model; the type parameters of a generic class count as `Any`.
    """
    if _is_model(annotation):
        return cast("Model", annotation)
    module = getattr(func, "__module__", None) or type(runnable).__module__
    return root_model(runnable.get_name(side), annotation, module)


def _is_model(annotation: Any) -> bool:
    # `list[int]` passes for a class until `issubclass` is asked.
    is_class = inspect.isclass(annotation) and not isinstance(annotation, GenericAlias)
    return is_class and issubclass(annotation, BaseModel)


def json_schema(model: Model) -> dict[str, Any]:
    """Make the JSON schema of a model."""
    return model.model_json_schema()


def config_model(runnable: Runnable[Any, Any], include: Sequence[str]) -> Model:
    """Make the model of a runnable's config."""
    definitions: dict[str, Definition] = {}
    specs = runnable.config_specs
    if specs:
        values = {
            spec.id: (
                spec.annotation,
                Field(spec.default, title=spec.name, description=spec.description),
            )
            for spec in specs
        }
        definitions["configurable"] = (object_model("Configurable", values), None)
    for key, annotation in get_type_hints(RunnableConfig).items():
        if key in include and key != "configurable":
            definitions[key] = (annotation, None)
    return object_model(runnable.get_name("Config"), definitions)


def unique_specs(runnables: Iterable[Runnable[Any, Any]]) -> list[ConfigurableFieldSpec]:
    """Collect what can be configured in several runnables."""
    return get_unique_config_specs(spec for each in runnables for spec in each.config_specs)


# -- functions


def first_parameter_type(func: Callable[..., Any]) -> Any:
    """Tell the annotation of a function's first parameter; `Any` without one."""
    try:
        first = next(iter(inspect.signature(func).parameters), None)
    except (ValueError, TypeError):
        return Any
    return _hints(func).get(first, Any) if first is not None else Any


def return_type(func: Callable[..., Any]) -> Any:
    """Tell the return annotation of a function; `Any` without one."""
    return _hints(func).get("return", Any)


def result_type(func: Callable[..., Any]) -> Any:
    """Tell what a step made of a function gives: the items of what it yields, or its result."""
    annotation = return_type(func)
    origin = get_origin(annotation)
    if inspect.isclass(origin):
        arguments = get_args(annotation)
        if issubclass(origin, Runnable) and len(arguments) > 1:
            return arguments[1]
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            return item_type(annotation)
    return annotation


def item_type(annotation: Any) -> Any:
    """Tell the type of the items of an annotated iterator; `Any` if it does not say."""
    return next(iter(get_args(annotation)), Any)


def function_input_model(
    runnable: Runnable[Any, Any],
    func: Callable[..., Any],
    config: RunnableConfig | None,
) -> Model:
    """Make the model of a function's input: as annotated, or the keys that the function reads."""
    del config
    name = runnable.get_name("Input")
    if isinstance(func, itemgetter):
        keys = func.__reduce__()[1]
        if not all(isinstance(key, str) for key in keys):
            return root_model(name, list[Any], __name__)
        return object_model(name, dict.fromkeys(keys, (Any, ...)))
    annotation = runnable.InputType
    if annotation is Any and (read := keys_read(func)):
        return object_model(name, dict.fromkeys(read, (Any, ...)))
    return model_of(runnable, "Input", annotation, func)


def runnables_used_by(func: Callable[..., Any]) -> list[Runnable[Any, Any]]:
    """List the runnables that a function's body refers to, also through their methods."""
    used: dict[int, Runnable[Any, Any]] = {}
    for value in objects_used(func):
        owner = value if isinstance(value, Runnable) else getattr(value, "__self__", None)
        if isinstance(owner, Runnable):
            used.setdefault(id(owner), owner)
    return list(used.values())


def _hints(func: Any) -> dict[str, Any]:
    """Read the annotations of a callable; what cannot be resolved is left out."""
    target = _annotated(func)
    try:
        return get_type_hints(target)
    except Exception:  # noqa: BLE001  an annotation may be any expression
        hints: dict[str, Any] = {}
        for name, annotation in getattr(target, "__annotations__", {}).items():
            alone = SimpleNamespace(__annotations__={name: annotation})
            with suppress(Exception):
                hints |= get_type_hints(alone, getattr(target, "__globals__", {}))
        return hints


def _annotated(func: Any) -> Any:
    while isinstance(func, partial):
        func = func.func
    if inspect.isroutine(func) or inspect.isclass(func):
        return func
    return type(func).__call__


# -- composites


def _fields(model: Model) -> dict[str, Definition]:
    return {
        field.alias or name: (field.annotation, _default(field))
        for name, field in model.model_fields.items()
    }


def _default(field: FieldInfo) -> Any:
    if field.default_factory is not None:
        return Field(default_factory=field.default_factory)
    return ... if field.default is PydanticUndefined else field.default


def _is_root(model: Model) -> bool:
    return issubclass(model, RootModel)


def sequence_input_model(
    steps: Sequence[Runnable[Any, Any]], config: RunnableConfig | None
) -> Model:
    """Make the model of what a sequence takes.

    Keys that its first steps add need not be given.
    """
    first, rest = steps[0], steps[1:]
    if rest and isinstance(first, RunnablePick):
        return sequence_input_model(rest, config)
    if rest and isinstance(first, RunnableAssign):
        following = sequence_input_model(rest, config)
        if not _is_root(following):
            added = first.mapper.steps__
            needed = {k: v for k, v in _fields(following).items() if k not in added}
            return object_model("RunnableSequenceInput", needed)
    return first.get_input_schema(config)


def sequence_output_model(
    steps: Sequence[Runnable[Any, Any]], config: RunnableConfig | None
) -> Model:
    """Make the model of what a sequence gives, with keys that its last steps add or pick."""
    last, before = steps[-1], steps[:-1]
    if before and isinstance(last, (RunnableAssign, RunnablePick)):
        so_far = sequence_output_model(before, config)
        if not _is_root(so_far):
            fields = _fields(so_far)
            if isinstance(last, RunnableAssign):
                added = _fields(last.mapper.get_output_schema(config))
                return object_model("RunnableSequenceOutput", {**fields, **added})
            if not isinstance(last.keys, str):
                kept = {key: fields[key] for key in last.keys if key in fields}
                return object_model("RunnableSequenceOutput", kept)
            if last.keys in fields:
                annotation, default = fields[last.keys]
                return root_model("RunnableSequenceOutput", annotation, __name__, default)
    return last.get_output_schema(config)


def parallel_input_model(
    parallel: RunnableParallel[Any], config: RunnableConfig | None
) -> Model | None:
    """Make the model of what all branches take together; `None` if they take no dictionaries."""
    fields: dict[str, Definition] = {}
    for step in parallel.steps__.values():
        model = step.get_input_schema(config)
        if not _is_root(model):
            fields.update(_fields(model))
        elif model.model_fields["root"].annotation is not Any:
            return None
    if not fields:
        return None
    return object_model(parallel.get_name("Input"), fields)


def parallel_output_model(parallel: RunnableParallel[Any]) -> Model:
    """Make the model of a parallel's output: a key for each branch."""
    fields = {key: (step.OutputType, ...) for key, step in parallel.steps__.items()}
    return object_model(parallel.get_name("Output"), fields)


def assign_input_model(assign: RunnableAssign, config: RunnableConfig | None) -> Model | None:
    """Make the model of what the mapper of an assignment takes; `None` if it does not tell."""
    model = assign.mapper.get_input_schema(config)
    return None if _is_root(model) else model


def assign_output_model(assign: RunnableAssign, config: RunnableConfig | None) -> Model | None:
    """Make the model of an assignment's output: the keys it takes, and the keys it adds."""
    taken = assign_input_model(assign, config)
    added = assign.mapper.get_output_schema(config)
    if taken is None:
        return added
    return object_model("RunnableAssignOutput", {**_fields(taken), **_fields(added)})


def list_of(item: Any) -> Any:
    """Make the type of a list of items of a type."""
    return list[item]


def list_model(runnable: Runnable[Any, Any], side: str, item: Model) -> Model:
    """Make the model of a list of what another model describes."""
    return root_model(runnable.get_name(side), list_of(item), type(runnable).__module__)


def union_of(annotations: Iterable[Any]) -> Any:
    """Make the type of a value that has one of several types; `Any` if one is unknown."""
    kinds = tuple(dict.fromkeys(annotations))
    return Any if not kinds or Any in kinds else Union[kinds]  # noqa: UP007  from a tuple


def returns_runnable(method: Callable[..., Any]) -> bool:
    """Tell whether a method is annotated to return a runnable."""
    if (annotation := _hints(method).get("return")) is not None:
        return _is_runnable_type(annotation)
    # The names in an annotation may exist for type checkers only.
    written = getattr(_annotated(method), "__annotations__", {}).get("return")
    return isinstance(written, str) and written.startswith("Runnable")


def _is_runnable_type(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    if inspect.isclass(origin) and not isinstance(annotation, UnionType):
        return issubclass(origin, Runnable)
    members = get_args(annotation)
    return bool(members) and all(map(_is_runnable_type, members))
