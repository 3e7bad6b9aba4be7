"""Classes that signatures name: markers of arguments, and `RunnableConfig`.

Who reads a signature has no object to ask, only the class itself. langchain-core and langgraph test
markers by `isinstance(marker, cls)` before `issubclass`; that looks at the marker's own
`__class__`. The nodes of langgraph compare annotations by `==` (langgraph 1.2.22).

langchain-core's `tool` compares `RunnableConfig` by `is`: a function for it has to name
langchain-core's, which ferrule's `tool` understands as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import Protocol

from ferrule.interop.counterparts import counterpart
from ferrule.interop.guises import appearance

__all__ = ["Marker", "equate"]


# Of classes of classes this is the one that goes with abstract classes and all protocols.
class Marker(type(Protocol)):  # type: ignore[misc]
    """The class of markers of ferrule, which langchain-core takes as its own."""

    if not TYPE_CHECKING:

        @property
        def __class__(cls) -> type:
            shown = appearance(cls)
            return type(cls) if shown is cls else shown


def equate(cls: Any) -> None:
    """Let a class of dicts equal its counterpart, as an annotation."""
    metaclass: Any = type(cls)
    # Classes of dicts derive from those alone whose metaclass is the very one of their own.
    inherited = metaclass(cls.__name__, (cls,), {"__module__": cls.__module__})

    class Equated(metaclass):  # type: ignore[misc]
        def __new__(
            cls, name: str, bases: tuple[Any, ...], namespace: dict[str, Any], **settings: Any
        ) -> Any:
            allowed = tuple(inherited if type(base) is cls else base for base in bases)
            return metaclass(name, allowed, {"__orig_bases__": bases, **namespace}, **settings)

        def __eq__(self, other: object) -> bool:
            return other is self or (other is not None and other is counterpart(self))

        # What is equal has to have the same hash: an optional of either is looked up in a set of
        # the other. It changes once, when langchain-core is loaded.
        def __hash__(self) -> int:
            return type.__hash__(counterpart(self) or self)

    cls.__class__ = Equated
