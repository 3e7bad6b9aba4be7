"""What the annotation of a field tells pydantic only when a schema is made of it.

Classes are defined by every program, and few of their schemas are ever made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._lazy import later

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["LateType", "SerializesAsItself"]

# To import its module takes 1 ms (`import.documented_example`).
_later = later(__name__, {"pydantic": "SerializeAsAny"})


class LateType:
    """Stands for a type in the annotation of a field: `Annotated[Any, LateType(read)]`.

    Most programs never validate such a field, and need not import its type for the class.

    Args:
        read: Returns the type; called when pydantic makes the schema of the class.
    """

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self._read())


class SerializesAsItself:
    """Marks a field whose values are dumped by their own class: `Annotated[Base, ...]`.

    It is pydantic's `SerializeAsAny`.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        mark: Any = _later("SerializeAsAny")()
        schema: CoreSchema = mark.__get_pydantic_core_schema__(source, handler)
        return schema
