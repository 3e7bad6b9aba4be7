"""Objects that describe themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.load.serializable import Serializable as Serializable
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".serializable": "Serializable",
        },
    )
