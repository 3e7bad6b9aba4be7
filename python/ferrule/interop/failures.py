"""Exceptions of ferrule that `except` clauses of langchain-core's classes catch.

`except` looks at the type of what is raised and nothing else. So from the moment at which
langchain-core is loaded, making an exception of ferrule makes one of a class that derives from it
and from its counterpart. Messages, attributes and constructors are ferrule's, and so are pickles.

The reverse cannot be had: what langchain-core raises is caught by its own names, and by what both
derive from; `isinstance` holds where the class is `Recognised`, such as `ToolException`.

Tested with langchain-core 1.7.2, and langchain's middleware and langchain-classic's parsers, which
catch such exceptions (langchain 1.4.7, langchain-classic 1.0.8).
"""

from __future__ import annotations

from typing import Any

from ferrule.exceptions import FerruleError, OutputParserException
from ferrule.interop.arrival import when_loaded
from ferrule.interop.counterparts import counterpart, is_ours
from ferrule.interop.recognition import recognise_instances

__all__ = ["Recognised", "raise_as_both"]

_PYTHONS = frozenset(Exception.__mro__)


class Recognised(type):
    """The class of exception classes whose `isinstance` holds for langchain-core's."""


recognise_instances(Recognised)


class _OfBoth(Recognised):
    """The class of exception classes that derive from one of each library."""

    def mro(cls) -> list[type]:
        # All of ferrule's comes first, so that `super()` in it does not reach langchain-core's.
        ours, theirs = cls.__bases__
        own = [base for base in ours.__mro__ if base not in _PYTHONS]
        return [cls, *own, *(base for base in theirs.__mro__ if base not in own)]


def raise_as_both(cls: Any) -> None:
    """Let exceptions of a class, and of those derived from it, be caught as langchain-core's."""

    def install() -> None:
        def __new__(kind: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  set on a class
            both = _both(kind)
            return super(cls, both).__new__(both, *args, **kwargs)

        cls.__new__ = __new__

    when_loaded(install)


def _both(kind: Any) -> Any:
    for base in filter(is_ours, kind.__mro__):
        theirs = counterpart(base)
        if theirs is not None:
            return kind if issubclass(kind, theirs) else _combined(kind, theirs)
    return kind


def _combined(kind: Any, theirs: type) -> Any:
    known = vars(kind).get("_ferrule_of_both")
    if known is None or not issubclass(known, theirs):

        def __reduce__(self: Any) -> Any:  # noqa: N807  set on a class
            return (kind, *kind.__reduce__(self)[1:])

        known = _OfBoth(
            kind.__name__,
            (kind, theirs),
            {
                "__module__": kind.__module__,
                "__qualname__": kind.__qualname__,
                "__doc__": kind.__doc__,
                "__reduce__": __reduce__,
            },
        )
        kind._ferrule_of_both = known
    return known


raise_as_both(FerruleError)
# `ValueError`, which comes before the root among its bases, has a constructor of its own.
raise_as_both(OutputParserException)
