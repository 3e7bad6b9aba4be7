"""The model of a tool's arguments: what is known of it, for every call."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from ferrule._core import ArgumentModel
from ferrule.tools.injection import InjectedToolCallId, is_injected_field

__all__ = ["Fields"]


@dataclass(frozen=True)
class Fields:
    """A model of arguments, and its fields."""

    model: type[BaseModel]
    arguments: ArgumentModel
    """What makes arguments of values."""
    all: tuple[str, ...]
    call_id: tuple[str, ...]
    """Those that receive the id of the tool call."""

    @classmethod
    def of(cls, model: type[BaseModel]) -> Fields:
        """Read the fields off the model."""
        fields = model.model_fields
        names = tuple(fields)
        ids = (n for n, field in fields.items() if is_injected_field(field, InjectedToolCallId))
        return cls(model, ArgumentModel(model, names, is_plain=_is_plain(model)), names, tuple(ids))


def _is_plain(model: type[BaseModel]) -> bool:
    """Whether a model validates as pydantic does, and is nothing but its fields."""
    fields = model.model_fields.keys()
    special = {"model_validate", *fields}  # a field that is deprecated is an attribute, too
    return (
        model.model_config.get("extra") != "allow"
        and fields.isdisjoint(("args", "kwargs"))
        and all(special.isdisjoint(vars(base)) for base in model.__mro__ if base is not BaseModel)
    )
