"""Objects of langchain-core that pass ferrule's `isinstance`.

What a model, tool or retriever of langchain-core returns stays as it is on its way through a
chain of ferrule; `isinstance(answer, ferrule.messages.AIMessage)` holds nevertheless.

Model classes get `__instancecheck__` and `__subclasscheck__` when langchain-core is loaded, and not
before: until then `isinstance` costs what it costs for any pydantic model. Abstract base classes
such as `Runnable` have a `__subclasshook__` instead.

Tested with langchain-core 1.7.2 and pydantic 2.14.3.
"""

from __future__ import annotations

from typing import Any

from ferrule.interop.arrival import when_loaded
from ferrule.interop.counterparts import STANDS_FOR, counterpart, is_ours

__all__ = ["Recognising", "recognise_instances"]


class Recognising:
    """Mixed into abstract base classes, whose `isinstance` then holds for langchain-core's."""

    __slots__ = ()

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        return True if is_recognised(cls, other) else NotImplemented


def recognise_instances(metaclass: Any) -> None:
    """Let classes of a metaclass accept instances of their counterparts in langchain-core."""

    def install() -> None:
        is_instance, is_subclass = metaclass.__instancecheck__, metaclass.__subclasscheck__

        def __instancecheck__(cls: Any, instance: Any) -> bool:  # noqa: N807  set on a class
            return is_instance(cls, instance) or is_recognised(cls, type(instance))

        def __subclasscheck__(cls: Any, other: Any) -> bool:  # noqa: N807  set on a class
            return is_subclass(cls, other) or is_recognised(cls, other)

        metaclass.__instancecheck__ = __instancecheck__
        metaclass.__subclasscheck__ = __subclasscheck__

    when_loaded(install)


def is_recognised(cls: type, other: type) -> bool:
    """Tell whether a class derives from the counterpart of a class of ferrule's, or of its twin."""
    theirs = counterpart(cls) if is_ours(cls) else vars(cls).get(STANDS_FOR)
    return theirs is not None and theirs in getattr(other, "__mro__", ())
