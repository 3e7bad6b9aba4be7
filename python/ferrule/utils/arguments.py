"""Checks of keyword arguments, for functions and models that take many."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import BaseModel

__all__ = ["build_extra_kwargs", "get_pydantic_field_names", "xor_args"]

P = ParamSpec("P")
R = TypeVar("R")


def xor_args(*arg_groups: tuple[str, ...]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator for functions that take exactly one keyword argument of each group.

    An argument that is None counts as not given.

    Raises:
        ValueError: Raised by the decorated function, if none or several of a group are given.

    Example:
        >>> @xor_args(("path", "text"))
        ... def read(*, path=None, text=None):
        ...     return path or text
        >>> read(text="hello")
        'hello'
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for group in arg_groups:
                given = [name for name in group if kwargs.get(name) is not None]
                if len(given) != 1:
                    msg = (
                        f"Give exactly one of {', '.join(group)}; "
                        f"{' and '.join(given) or 'none'} was given."
                    )
                    raise ValueError(msg)
            return function(*args, **kwargs)

        return checked

    return decorate


def get_pydantic_field_names(pydantic_cls: type[BaseModel]) -> set[str]:
    """Return the names under which a model takes its fields: their own and their aliases."""
    fields = pydantic_cls.model_fields
    return {*fields, *(field.alias for field in fields.values() if field.alias)}


def build_extra_kwargs(
    extra_kwargs: dict[str, Any],
    values: dict[str, Any],
    all_required_field_names: Collection[str],
) -> dict[str, Any]:
    """Move the values that a model has no field for to its extra arguments, with a warning.

    Args:
        extra_kwargs: The extra arguments; added to, and returned.
        values: What the model was given; the surplus is taken out.
        all_required_field_names: The names of the fields.

    Raises:
        ValueError: If a value is given twice, or an extra argument has the name of a field.
    """
    if twice := sorted(extra_kwargs.keys() & values.keys()):
        msg = f"{', '.join(twice)} was given as a field and as an extra argument; drop one."
        raise ValueError(msg)
    if misplaced := sorted(extra_kwargs.keys() & set(all_required_field_names)):
        msg = f"{', '.join(misplaced)} is a field: pass it by itself, not as an extra argument."
        raise ValueError(msg)
    for name in [name for name in values if name not in all_required_field_names]:
        warnings.warn(
            f"There is no field {name!r}; it is passed on as an extra argument.", stacklevel=3
        )
        extra_kwargs[name] = values.pop(name)
    return extra_kwargs
