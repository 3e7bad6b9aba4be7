"""Objects of ferrule that pass langchain-core's `isinstance`, and are taken by its fields.

Python's `isinstance` looks at the type of an object first and then at its `__class__`; so does
pydantic for the fields of a model. A property `__class__` that names a class deriving from
langchain-core's is all that is needed, and it costs nothing where that is not loaded. `register()`
of an abstract base class would not do: since pydantic 2.12 its models do not ask for it.

Messages and other data, which are nothing but their fields, name langchain-core's class itself. So
they equal langchain-core's, whichever of the two is asked, as pydantic compares `__class__`; and
who looks for the class from which `__class__` derives finds it (`message_chunk_to_message`).

All else, and what a program derives from data, names a class that derives from both,
langchain-core's first (a *twin*): langchain-core goes through `obj.__class__.mro()` up to its own
`Serializable` to collect secrets. Pydantic looks at `self.__class__` when an attribute is set and
must find the fields of the real class there, so these are repeated. Nothing is ever made of a
twin, and no validator is built for it.

Tested with langchain-core 1.7.2, langgraph 1.2.22 and pydantic 2.14.3.
"""

from __future__ import annotations

import copyreg
import sys
from abc import ABCMeta
from typing import TYPE_CHECKING, Any

from ferrule import _core
from ferrule.interop.counterparts import STANDS_FOR, counterpart, home, is_data, is_ours

__all__ = ["Guised", "appearance"]

_SEEN = "_ferrule_appearance"
"""Attribute of a class: the module of langchain-core that would change its appearance if it were
loaded (or nothing), and its appearance until then."""

_OF_MODELS = frozenset({"__class_vars__", "__private_attributes__", "model_config"})
"""What pydantic keeps on each model class, beside attributes that are named after it."""

_OLDEST_PROTOCOL = 2
"""The first pickle protocol that asks objects for their type and not for their `__class__`."""


class Guised:
    """An object that is an instance of its counterpart in langchain-core, too, if that is loaded.

    Copies and pickles are of the object's own class.
    """

    __slots__ = ()

    if not TYPE_CHECKING:
        __class__ = _core.Guise()

    def __reduce_ex__(self, protocol: Any) -> Any:
        # `pickle` refuses the usual constructor where `__class__` is another than the type.
        reduced = object.__reduce_ex__(self, max(protocol, _OLDEST_PROTOCOL))
        if isinstance(reduced, tuple) and reduced[0] is copyreg.__newobj__:  # type: ignore[attr-defined]
            return (blank, *reduced[1:])
        return reduced


def blank(cls: type, *args: Any) -> Any:
    """Make an object that unpickling fills."""
    return cls.__new__(cls, *args)


def appearance(cls: type) -> type:
    """Return the class that objects of a class show: its twin, or itself where there is none."""
    seen = vars(cls).get(_SEEN)
    if seen is None or seen[0] in sys.modules:
        seen = _awaited(cls), _found(cls)
        setattr(cls, _SEEN, seen)
    appearance: type = seen[1]
    return appearance


def _awaited(cls: type) -> str | None:
    """Return where a counterpart nearer than those that are loaded could be."""
    for base in filter(is_ours, cls.__mro__):
        if counterpart(base) is not None:
            return None
        place = home(base)
        if place is not None and place not in sys.modules:
            return place
    return None


def _found(cls: type) -> type:
    for base in filter(is_ours, cls.__mro__):
        theirs = counterpart(base)
        if theirs is not None:
            if issubclass(cls, theirs):
                return cls
            return theirs if base is cls and is_data(cls) else _twin_of(cls, theirs)
    return cls


def _twin_of(cls: type, theirs: type) -> type:
    # For ferrule's own classes the twin is langchain-core's in all but identity. langgraph's
    # checkpoints store the path of `__class__`, and restore only what they know; `isinstance` of
    # an object of theirs with `__class__` of one of ours is to hold (`merge_message_runs`).
    named = theirs if is_ours(cls) else cls
    attributes = {
        STANDS_FOR: theirs if is_ours(cls) and counterpart(cls) is theirs else None,
        **{name: value for name, value in vars(cls).items() if _is_of_model(name)},
        "__module__": named.__module__,
        "__qualname__": named.__qualname__,
        "__doc__": cls.__doc__,
        "__slots__": (),
    }
    # Past the constructor of pydantic's metaclass, which would build a model.
    make = ABCMeta.__new__ if issubclass(type(cls), ABCMeta) else type.__new__
    return make(type(cls), cls.__name__, (theirs, cls), attributes)


def _is_of_model(name: str) -> bool:
    return name.startswith("__pydantic_") or name in _OF_MODELS
