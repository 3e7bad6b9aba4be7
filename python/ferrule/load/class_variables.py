"""Private class variables of models, whose annotations are for readers and type checkers.

Pydantic only asks whether they are class variables. Where annotations are postponed, it evaluates
them for that, again for each subclass. Versions before 2.10 do not see everywhere what
`_kind: ClassVar[str] = "x"` is, take it for an attribute of instances, and leave nothing on the
class.
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

__all__ = ["ClassOfModels", "KeepsClassVariables", "settle_annotations"]


def settle_annotations(cls: type) -> None:
    """Evaluate the annotations of a class's private class variables as far as pydantic needs it.

    It looks at them for each subclass again. Of importing all that models and prompts need, this
    took a twentieth (`import.documented_example`).
    """
    annotations: dict[str, Any] = vars(cls).get("__annotations__", {})
    for attribute in cls.__class_vars__.intersection(annotations):  # type: ignore[attr-defined]
        if attribute.startswith("_"):
            annotations[attribute] = ClassVar[Any]


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
