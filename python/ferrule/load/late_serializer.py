"""Serializers that are built when an object meets pydantic for the first time.

Pydantic before 2.14 refuses to dump an object, as a value of any type, whose class has none yet:
`'MockValSer' object cannot be converted to 'SchemaSerializer'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import VERSION

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["serialize_on_demand"]

if tuple(map(int, VERSION.split(".")[:2])) < (2, 14):
    from pydantic._internal._mock_val_ser import MockValSer

    class _SerializerOnDemand(MockValSer[Any]):
        """What stands for a serializer, and has it built when it is asked for by an object."""

        __slots__ = ()

        def __get__(self, model: Any, cls: type[BaseModel]) -> Any:
            # Pydantic asks the class while it builds.
            if model is None:
                return self
            cls.model_rebuild(raise_errors=False)
            return vars(cls).get("__pydantic_serializer__", self)

    def serialize_on_demand(cls: type[BaseModel]) -> None:
        """Have the serializer of a class built when an object is dumped, in whatever way."""
        stand_in: Any = vars(cls).get("__pydantic_serializer__")
        if isinstance(stand_in, MockValSer):
            stand_in.__class__ = _SerializerOnDemand

else:

    def serialize_on_demand(cls: type[BaseModel]) -> None:
        """Leave it to pydantic, which builds the serializer itself."""
