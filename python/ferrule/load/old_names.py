"""Pydantic's first names for methods that have other names here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["DictIsAsdict"]


class DictIsAsdict:
    """Has `dict()` do what the class's `asdict()` does, as langchain-core's classes have it.

    It is a class of its own because a method of this name hides the type from the annotations of
    fields beside it. Type checkers see pydantic's method.
    """

    __slots__ = ()

    if not TYPE_CHECKING:

        def dict(self, **kwargs: Any) -> Any:
            """Return what `asdict` returns."""
            return self.asdict(**kwargs)
