"""Private class variables of models, which pydantic before 2.10 does not see everywhere.

Where annotations are postponed, `_kind: ClassVar[str] = "x"` is an attribute of instances to those
versions, and nothing is left on the class.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import VERSION, BaseModel

from ferrule.interop.recognition import recognise_instances

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

__all__ = ["ClassOfModels", "KeepsClassVariables"]


class KeepsClassVariables(ModelMetaclass):
    """The class of model classes whose class variables are evaluated before pydantic looks."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> type:
        annotations: dict[str, Any] = namespace.get("__annotations__", {})
        for attribute, annotation in annotations.items():
            if isinstance(annotation, str) and annotation.startswith("ClassVar["):
                annotations[attribute] = ClassVar[Any]
        if kwargs.get("__pydantic_reset_parent_namespace__", True):
            # pydantic looks for names in the frame that calls it, which is this one.
            from pydantic._internal._model_construction import (  # noqa: PLC0415  of these versions
                build_lenient_weakvaluedict,
            )

            around = build_lenient_weakvaluedict(sys._getframe(1).f_locals)
            namespace["__pydantic_parent_namespace__"] = around
            kwargs["__pydantic_reset_parent_namespace__"] = False
        made: type = super().__new__(mcs, name, bases, namespace, **kwargs)
        return made


if TYPE_CHECKING:
    ClassOfModels = ModelMetaclass
else:
    _Base = KeepsClassVariables if VERSION.startswith(("2.7.", "2.8.", "2.9.")) else ModelMetaclass

    class ClassOfModels(_Base):
        """The class of ferrule's model classes."""

    recognise_instances(ClassOfModels)
