"""Building pydantic models from values that are known to be valid.

Messages and results are built for every token of every stream. Their values come from ferrule
itself, so that validating them again only costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import BaseModel
from typing_extensions import Self, override

from ferrule.load.class_variables import ClassOfModels

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TrustedModel"]

# The slots of an instance, written without going through attribute look-up.
_new = object.__new__
_set_state = BaseModel.__dict__["__dict__"].__set__
_set_given = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


class TrustedModel(BaseModel, metaclass=ClassOfModels):
    """A pydantic model with a second constructor that skips validation."""

    _blank: ClassVar[Any] = None
    """A function that makes the state of an instance that has its default in every field."""
    _allows_extra: ClassVar[bool] = False
    _derived_from: ClassVar[frozenset[str]] = frozenset()
    """Fields from which `_derive` computes others."""

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._blank = None
        cls._allows_extra = cls.model_config.get("extra") == "allow"

    @classmethod
    def _trusted(cls, **values: Any) -> Self:
        """Build an instance from valid field values, without looking at them.

        The result cannot be told from a validated instance: defaults, field order, and the set of
        given fields are the same. Values are taken as they are, not copied. Names must be names of
        fields. A class from outside ferrule is validated instead, since it may have validators,
        private attributes or a constructor that matter.
        """
        blank = cls._blank
        if blank is None:
            if not cls.__module__.startswith("ferrule."):
                return cls(**values)
            blank = cls._blank = _blank_maker(cls)
        state = blank()
        state.update(values)
        self = _new(cls)
        _set_state(self, state)
        _set_given(self, set(values))
        _set_extra(self, {} if cls._allows_extra else None)
        _set_private(self, None)
        if not cls._derived_from.isdisjoint(values):
            self._derive()
        return self

    def _derive(self) -> None:
        """Compute the fields that follow from others; validation calls it as well."""


def _blank_maker(cls: type[BaseModel]) -> Callable[[], dict[str, Any]]:
    """Compile a function that returns the defaults in field order, with fresh containers.

    A dictionary display fills in all fields at once; a loop over the default factories takes
    three times as long for a message.
    """
    names: dict[str, Any] = {}
    items: list[str] = []
    for name, field in cls.model_fields.items():
        factory = field.default_factory
        if factory is dict or factory is list:
            items.append(f"{name!r}: {'{}' if factory is dict else '[]'}")
            continue
        names[name] = None if field.is_required() else field.default if factory is None else factory
        items.append(f"{name!r}: {name}" + ("" if factory is None else "()"))
    source = f"lambda: {{{', '.join(items)}}}"
    maker = eval(source, names)  # noqa: S307  names of fields only
    return cast("Callable[[], dict[str, Any]]", maker)
