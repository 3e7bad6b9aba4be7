"""Building pydantic models from values that are known to be valid.

Messages and results are built for every token of every stream. Their values come from ferrule
itself, so that validating them again only costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import Self, override

from ferrule._core import Blueprint
from ferrule.interop.counterparts import is_ours
from ferrule.interop.guises import Guised
from ferrule.load.class_variables import ClassOfModels, settle_annotations
from ferrule.load.late_serializer import serialize_on_demand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic.fields import FieldInfo

__all__ = ["TrustedModel", "complete"]

# The slots of an instance, which the core fills without going through attribute look-up.
_SLOTS = tuple(
    BaseModel.__dict__[name]
    for name in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
# Defaults of these types cannot change, and are shared by all instances.
_SHARED = (type(None), bool, int, float, str)


class TrustedModel(Guised, BaseModel, metaclass=ClassOfModels):
    """A pydantic model with a second constructor that skips validation.

    Ferrule's own classes get their validators when these are first needed, which for most is never:
    building all of them would be a third of the time that importing takes. Classes of a program
    are built at once, so that what is wrong with them shows where they are defined.
    """

    model_config = ConfigDict(defer_build=True)

    _derived_from: ClassVar[frozenset[str]] = frozenset()
    """Fields from which `_derive` computes others."""
    _taken_over: ClassVar[tuple[str, str, str] | None] = None
    """All that is to be derived, where it is a text: `(field, of, part)` for `field = of.part`."""

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if is_ours(cls):
            settle_annotations(cls)
            serialize_on_demand(cls)
        else:
            cls.model_rebuild(raise_errors=False)
        is_built_here = is_ours(cls) and not cls.__abstractmethods__
        cls._trusted = _blueprint(cls).build if is_built_here else cls  # type: ignore[method-assign]

    @classmethod
    @override
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        # So a class is completed when it is parametrised, lest names were missing where it was
        # defined. Ferrule's own lack none, and get their validators when these are needed.
        if _types_namespace is not None and is_ours(cls) and not force:
            return None
        return super().model_rebuild(
            force=force,
            raise_errors=raise_errors,
            _parent_namespace_depth=_parent_namespace_depth + 1,
            _types_namespace=_types_namespace,
        )

    @classmethod
    def _trusted(cls, **values: Any) -> Self:
        """Build an instance from valid field values, without looking at them.

        The result cannot be told from a validated instance: defaults, field order, and the set of
        given fields are the same. Values are taken as they are, not copied. Names must be names of
        fields. A class from outside ferrule is validated instead, since it may have validators,
        private attributes or a constructor that matter.

        Each class has a constructor of its own from the core in this place.
        """
        return cls(**values)

    def _derive(self) -> None:
        """Compute the fields that follow from others; validation calls it as well."""


settle_annotations(TrustedModel)


def complete(model: Any) -> None:
    """Compute what follows from the fields of a validated model.

    A field of a class takes langchain-core's objects, too, which are complete.
    """
    derive = getattr(model, "_derive", None)
    if derive is not None:
        derive()


def _blueprint(cls: type[TrustedModel]) -> Blueprint:
    defaults: dict[str, Any] = {}
    fresh: list[tuple[str, Callable[[], Any]]] = []
    for name, field in cls.model_fields.items():
        defaults[name] = None
        if not field.is_required():
            if field.default_factory is None and isinstance(field.default, _SHARED):
                defaults[name] = field.default
            else:
                fresh.append((name, _default_maker(field)))
    return Blueprint(
        cls,
        _SLOTS,
        defaults,
        fresh,
        allows_extra=cls.model_config.get("extra") == "allow",
        derived_from=list(cls._derived_from),
        taken_over=cls._taken_over,
    )


def _default_maker(field: FieldInfo) -> Callable[[], Any]:
    factory: Any = field.default_factory
    # The containers themselves are known to the core, which makes them without a call.
    return (
        factory if factory in (dict, list) else lambda: field.get_default(call_default_factory=True)
    )
