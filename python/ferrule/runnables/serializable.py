"""`RunnableSerializable`: the base of runnables that are pydantic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from ferrule.interop.guises import Guised
from ferrule.load.serializable import Serializable
from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable

if TYPE_CHECKING:
    from ferrule.runnables.configurable import RunnableConfigurableFields
    from ferrule.runnables.configurable_specs import AnyConfigurableField


class RunnableSerializable(Serializable, Runnable[Input, Output]):
    """A runnable whose settings are the fields of a pydantic model.

    Prompts, models, tools, retrievers and parsers derive from it.

    Example:
        >>> class Scale(RunnableSerializable[int, int]):
        ...     by: int = 2
        ...     def invoke(self, input, config=None, **kwargs):
        ...         return self._call_with_config(lambda x: x * self.by, input, config)
        >>> Scale(by=5).invoke(3)
        15
    """

    name: str | None = None
    """Name of the runs; otherwise the name of the class."""

    model_config = ConfigDict(protected_namespaces=())

    if not TYPE_CHECKING:
        # Copying and unpickling ask the class for `__new__`, and would find the core's, which
        # refuses classes that pydantic lays out. Constructors are not affected.
        __new__ = object.__new__
        __reduce_ex__ = Guised.__reduce_ex__

    def to_json(self) -> Any:
        """Describe the object as JSON-like data, with its name."""
        return {**super().to_json(), "name": self.get_name()}

    def configurable_fields(
        self, **kwargs: AnyConfigurableField
    ) -> RunnableConfigurableFields[Input, Output]:
        """Let the config of a call set fields of this object.

        Args:
            **kwargs: Field name to the configurable value that sets it.

        Raises:
            ValueError: The object has no such field.
            TypeError: What is to configure it is no configurable field.
        """
        fields = type(self).model_fields
        for field in kwargs:
            if field not in fields:
                msg = (
                    f"{type(self).__name__} has no field {field!r} to make configurable; "
                    f"it has {', '.join(fields)}."
                )
                raise ValueError(msg)
        return _build.configurable_fields(default=self, fields=kwargs)
