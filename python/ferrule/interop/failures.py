"""Exceptions of ferrule that `except` clauses of langchain-core's classes catch.

`except` looks at the type of what is raised and nothing else. So from the moment at which
langchain-core is loaded, making an exception of ferrule makes one of a class that derives from it
and from its counterpart. Messages, attributes and constructors are ferrule's, and so are pickles.
Nothing that a program defines for its exception classes hears of that one, be it a metaclass or
`__init_subclass__`; where it cannot be made, the exception is what it is without langchain-core.

The reverse cannot be had: what langchain-core raises is caught by its own names, and by what both
derive from; `isinstance` holds where the class is `Recognising`, such as `ToolException`.

Tested with langchain-core 1.7.2, and langchain's middleware and langchain-classic's parsers, which
catch such exceptions (langchain 1.4.7, langchain-classic 1.0.8).
"""

from __future__ import annotations

import copyreg
import functools
from abc import ABCMeta
from typing import Any

from ferrule.exceptions import FerruleError, OutputParserException
from ferrule.interop.arrival import when_loaded
from ferrule.interop.counterparts import counterpart, is_ours

__all__ = ["raise_as_both"]

_PYTHONS = frozenset(Exception.__mro__)

_KNOWN = "_ferrule_of_both"
"""Attribute of an exception class: the class that derives from it and from its counterpart."""


class _Quiet:
    """Keeps from a class that another derives from it."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        pass


class _OfBoth(type):
    """The class of exception classes that derive from one of each library."""

    def mro(cls) -> list[type]:
        # All of ferrule's comes first, so that `super()` in it does not reach langchain-core's.
        quiet, ours, theirs = cls.__bases__
        own = [base for base in ours.__mro__ if base not in _PYTHONS]
        return [cls, quiet, *own, *(base for base in theirs.__mro__ if base not in own)]


def raise_as_both(cls: Any) -> None:
    """Let exceptions of a class, and of those derived from it, be caught as langchain-core's."""

    def install() -> None:
        def __new__(kind: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  set on a class
            both = _both(kind)
            return super(cls, both).__new__(both, *args, **kwargs)

        # Pickles find it by its name.
        __new__.__module__, __new__.__qualname__ = cls.__module__, f"{cls.__qualname__}.__new__"
        cls.__new__ = __new__

    when_loaded(install)


def _both(kind: Any) -> Any:
    for base in filter(is_ours, kind.__mro__):
        theirs = counterpart(base)
        if theirs is not None:
            return kind if issubclass(kind, theirs) else _combined(kind, theirs)
    return kind


def _combined(kind: Any, theirs: type) -> Any:
    known = vars(kind).get(_KNOWN)
    if known is None or theirs not in known.__mro__:
        named = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
        # Past the constructor of a metaclass that a program defines.
        metaclass: Any = type(kind)
        make = ABCMeta.__new__ if issubclass(metaclass, ABCMeta) else type.__new__
        try:
            known = make(_metaclass(metaclass), kind.__name__, (_Quiet, kind, theirs), named)
        except Exception:  # noqa: BLE001  a metaclass from which no other can derive, for instance
            return kind
        type.__setattr__(kind, _KNOWN, known)
    return known


@functools.cache
def _metaclass(derived: Any) -> Any:
    made = type(_OfBoth.__name__, (_OfBoth, derived), {})
    # Wherever a pickle has a combined class, it gets the one that the program knows by its name.
    copyreg.pickle(made, _reduce_class)
    return made


def _reduce_class(combined: type) -> Any:
    _, ours, _ = combined.__bases__
    return _itself, (ours,)


def _itself(kind: type) -> type:
    return kind


raise_as_both(FerruleError)
# `ValueError`, which comes before the root among its bases, has a constructor of its own.
raise_as_both(OutputParserException)
