"""What handlers are told of a template."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from typing_extensions import Self, override

from ferrule.load import dumpd
from ferrule.load.serializable import Serializable


class Described(Serializable):
    """Templates that are described to handlers with each run, and written out once."""

    @cached_property
    def _serialized(self) -> dict[str, Any]:
        described: dict[str, Any] = dumpd(self)
        return described

    @override
    def __copy__(self) -> Self:
        copied = super().__copy__()
        # A copy is made to be changed, and is described as what it becomes.
        vars(copied).pop("_serialized", None)
        return copied
