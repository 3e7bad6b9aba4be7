"""Models of plain values, which are built without pydantic's validator.

Pydantic's first validator costs a program 12 ms, each further one 1 to 2 ms, which is much of what
it takes to import ferrule and make a prompt and a model (`import.documented_example`). A class that
makes few objects gets by without its validator where the values have just the types of their
fields, so that validation would only copy lists and dictionaries.

All else is for pydantic: other values, wrong ones, fields with constraints or validators of their
own, aliases, private attributes, and classes from outside ferrule. What a class has in validators
of whole models is called as pydantic would call it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, SkipValidation

from ferrule.interop.counterparts import is_ours
from ferrule.load.late_type import SerializesAsItself

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["try_fill"]

Reader: TypeAlias = Callable[[Any], Any]
"""Returns a value as a field holds it, and `_OTHER` for what only pydantic can tell."""

_OTHER: Any = object()

_OBJECTS_BEFORE_VALIDATOR = 64
"""Objects of a class after which its validator, which is faster, pays for itself."""

_SCALARS = frozenset({bool, float, int, str, NoneType})

_CONTAINERS = {list: list, dict: dict, Mapping: dict}
"""Types of lists and dictionaries, and of what their plain values are."""

# Settings of classes that do not change what a plain value becomes.
_HARMLESS = frozenset({"arbitrary_types_allowed", "defer_build", "extra", "protected_namespaces"})

_PLAN = "_ferrule_plain_model"
"""Attribute of a class: its `_PlainModel`."""


def try_fill(model: BaseModel, values: dict[str, Any]) -> bool:
    """Give a blank object its fields, if these are plain values; returns whether they are.

    An object that was not filled is to be validated, which makes it anew. Where the class has its
    validator, that is faster, and should be asked instead.
    """
    cls = type(model)
    if not is_ours(cls):
        return False
    plan = vars(cls).get(_PLAN)
    if plan is None:
        plan = _PlainModel(cls)
        setattr(cls, _PLAN, plan)
    filled: bool = plan.fill(model, values)
    return filled


class _PlainModel:
    """How to build the objects of one class, which has no validator yet, from plain values."""

    def __init__(self, cls: type[BaseModel]) -> None:
        found = _model_validators(cls)
        self._cls = cls
        self._is_plain = found is not None and _has_only_fields(cls)
        self._before, self._after = found or ([], [])
        self._extra = cls.model_config.get("extra")
        self._readers: dict[str, Reader | None] = {}
        self._left = _OBJECTS_BEFORE_VALIDATOR

    def fill(self, model: BaseModel, values: dict[str, Any]) -> bool:
        """Do what `try_fill` does."""
        if not self._is_plain or self._left <= 0:
            return False
        self._left -= 1
        try:
            for validator in self._before:
                values = validator(values)
            if type(values) is not dict or not self._set_state(model, values):
                return False
            return all(validator(model) is model for validator in self._after)
        except (ValueError, AssertionError):  # pydantic tells of these in its own way
            return False

    def _set_state(self, model: BaseModel, values: dict[str, Any]) -> bool:
        state: dict[str, Any] = {}
        given: set[str] = set()
        for name, field in self._cls.model_fields.items():
            if name in values:
                read = self._reader(name, field)
                state[name] = _OTHER if read is None else read(values[name])
                given.add(name)
            else:
                state[name] = _OTHER if field.is_required() else _default(field)
            if state[name] is _OTHER:
                return False
        extra = {name: value for name, value in values.items() if name not in given}
        if extra and self._extra == "forbid":
            return False
        takes_extra = self._extra == "allow"
        set_attribute = object.__setattr__
        set_attribute(model, "__dict__", state)
        set_attribute(model, "__pydantic_fields_set__", given.union(extra if takes_extra else ()))
        set_attribute(model, "__pydantic_extra__", extra if takes_extra else None)
        set_attribute(model, "__pydantic_private__", None)
        return True

    def _reader(self, name: str, field: FieldInfo) -> Reader | None:
        if name not in self._readers:
            self._readers[name] = None if _is_checked(self._cls, name) else _field_reader(field)
        return self._readers[name]


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _has_only_fields(cls: type[BaseModel]) -> bool:
    """Tell whether objects are their fields, under their own names, and nothing else."""
    return (
        _HARMLESS.issuperset(cls.model_config)
        and not cls.__private_attributes__
        and cls.model_post_init is BaseModel.model_post_init
        and not any(
            field.alias is not None or field.validation_alias is not None or field.validate_default
            for field in cls.model_fields.values()
        )
    )


def _model_validators(cls: type[BaseModel]) -> tuple[list[Reader], list[Reader]] | None:
    """List the validators of whole models, in the order of calls: before the fields, and after."""
    found = cls.__pydantic_decorators__
    if found.root_validators or found.validators:
        return None
    order: dict[str, list[Reader]] = {"before": [], "after": []}
    for validator in found.model_validators.values():
        function = validator.func
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        is_bound = hasattr(function, "__self__")
        # Those around validation, and those that look at its circumstances, need it.
        if validator.info.mode not in order or code is None or code.co_argcount != 1 + is_bound:
            return None
        order[validator.info.mode].append(function)
    # Each is put around what was there.
    return order["before"][::-1], order["after"]


def _is_checked(cls: type[BaseModel], name: str) -> bool:
    checks = cls.__pydantic_decorators__.field_validators.values()
    return any(name in check.info.fields or "*" in check.info.fields for check in checks)


def _field_reader(field: FieldInfo) -> Reader | None:
    marks = {type(mark) for mark in field.metadata}
    if marks == {SkipValidation}:
        return _as_it_is
    return _reader_of(field.annotation) if marks <= {SerializesAsItself} else None


def _reader_of(annotation: Any) -> Reader | None:
    """Make the reader of values of a type; `None` where plain values are not known."""
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    make = _MAKERS.get(origin)
    if make is not None:
        return make(*arguments)
    if origin is None or origin in _SCALARS:
        return _of_type(origin or NoneType)
    return _of_model(origin) if isinstance(origin, type) and issubclass(origin, BaseModel) else None


def _as_it_is(value: Any) -> Any:
    return value


def _of_type(kind: type) -> Reader:
    return lambda value: value if type(value) is kind else _OTHER


def _of_values(*values: Any) -> Reader:
    kinds = {type(value) for value in values}
    # By type, too: `True` equals 1.
    known = {(type(value), value) for value in values}

    def read(value: Any) -> Any:
        return value if type(value) in kinds and (type(value), value) in known else _OTHER

    return read


def _of_any(*kinds: Any) -> Reader | None:
    readers = [_reader_of(kind) for kind in kinds]
    origins = [get_origin(kind) or kind for kind in kinds]
    containers = [_CONTAINERS[origin] for origin in origins if origin in _CONTAINERS]
    # Which of several types a list is, depends on how exactly pydantic finds it to fit.
    if None in readers or Any in kinds or len(containers) > len(set(containers)):
        return None
    known: Any = readers

    def read(value: Any) -> Any:
        found = (reader(value) for reader in known)
        return next((each for each in found if each is not _OTHER), _OTHER)

    return read


def _of_list(kind: Any = Any) -> Reader:
    item = _reader_of(kind)

    def read(value: Any) -> Any:
        if item is None or type(value) is not list:
            return _OTHER
        items = [item(each) for each in value]
        return _OTHER if any(each is _OTHER for each in items) else items

    return read


def _of_dict(kind_of_key: Any = Any, kind_of_value: Any = Any) -> Reader:
    key, value = _reader_of(kind_of_key), _reader_of(kind_of_value)

    def read(given: Any) -> Any:
        if key is None or value is None or type(given) is not dict:
            return _OTHER
        entries = {key(name): value(each) for name, each in given.items()}
        parts = (*entries, *entries.values())
        return _OTHER if any(part is _OTHER for part in parts) else entries

    return read


def _of_model(cls: type[BaseModel]) -> Reader | None:
    validators = _model_validators(cls)
    if validators is None or not _HARMLESS.issuperset(cls.model_config):
        return None
    # An object is taken as it is, but the class's validators see it.
    calls = [*validators[0], *validators[1]]

    def read(value: Any) -> Any:
        # By the type, not by `isinstance`: objects of langchain-core are for pydantic.
        if cls not in type(value).__mro__:
            return _OTHER
        return value if all(call(value) is value for call in calls) else _OTHER

    return read


_MAKERS: dict[Any, Callable[..., Reader | None]] = {
    Any: lambda: _as_it_is,
    Literal: _of_values,
    Union: _of_any,
    UnionType: _of_any,
    dict: _of_dict,
    list: _of_list,
    Mapping: _of_dict,
}
"""What makes the readers of types that have parts, from the parts."""
