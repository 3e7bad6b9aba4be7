"""How runnables are copied, pickled and compared: their parts in the core, and their attributes."""

from __future__ import annotations

from typing import Any

from ferrule._core import (
    BindingDrive,
    LambdaDrive,
    ParallelDrive,
    SequenceDrive,
    TransformDrive,
)


def _parts(runnable: Any) -> tuple[Any, ...] | None:
    """What the core was given when the runnable was made; `None`: it holds nothing."""
    if isinstance(runnable, LambdaDrive):
        return getattr(runnable, "func", None), getattr(runnable, "afunc", None)
    if isinstance(runnable, SequenceDrive):
        return (list(runnable.steps),)
    if isinstance(runnable, ParallelDrive):
        return (dict(runnable.steps__),)
    if isinstance(runnable, BindingDrive):
        own = runnable
        return own.bound, dict(own.kwargs), dict(own.config), list(own.config_factories)
    return None


def rebuild(cls: Any, parts: tuple[Any, ...] | None, attributes: dict[str, Any]) -> Any:
    """Make a runnable of its parts, past its `__init__`."""
    if parts is None:
        runnable = (TransformDrive if issubclass(cls, TransformDrive) else object).__new__(cls)
    else:
        runnable = cls.__new__(cls)
        runnable._setup(*parts)
    runnable.__dict__.update(attributes)
    return runnable


class Copyable:
    """Lets `copy` and `pickle` take a runnable apart.

    A copy shares the parts; a deep copy and a pickle have copies of them. Functions are pickled by
    name, so a runnable of a lambda cannot be.
    """

    def __reduce_ex__(self, protocol: Any) -> Any:
        del protocol
        return rebuild, (type(self), _parts(self), dict(self.__dict__))


class ComparedByParts:
    """Runnables that are made of others are equal if their class, parts and attributes are."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return other is self or (_parts(self) == _parts(other) and vars(self) == vars(other))

    def __hash__(self) -> int:
        # Parts need not be hashable, and their attributes can be assigned.
        return hash(type(self))
