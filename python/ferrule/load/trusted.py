"""Building pydantic models from values that are known to be valid.

Messages and results are built for every token of every stream. Their values come from ferrule
itself, so that validating them again only costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["TrustedModel"]

_set = object.__setattr__
_new = object.__new__

_Blank = tuple[dict[str, Any], tuple[tuple[str, "Callable[[], Any]"], ...], bool]


class TrustedModel(BaseModel):
    """A pydantic model with a second constructor that skips validation."""

    _blank: ClassVar[_Blank | None] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._blank = None

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
            blank = cls._make_blank()
        template, factories, has_extra = blank
        state = template.copy()
        state.update(values)
        for name, factory in factories:
            if name not in values:
                state[name] = factory()
        self = _new(cls)
        _set(self, "__dict__", state)
        _set(self, "__pydantic_fields_set__", set(values))
        _set(self, "__pydantic_extra__", {} if has_extra else None)
        _set(self, "__pydantic_private__", None)
        return self

    @classmethod
    def _make_blank(cls) -> _Blank:
        # The template fixes the order of the fields in `__dict__`, which dumps and reprs follow.
        template: dict[str, Any] = {}
        factories: list[tuple[str, Callable[[], Any]]] = []
        for name, field in cls.model_fields.items():
            template[name] = None if field.is_required() else field.default
            if field.default_factory is not None:
                factories.append((name, field.default_factory))  # type: ignore[arg-type]
        cls._blank = template, tuple(factories), cls.model_config.get("extra") == "allow"
        return cls._blank
