"""Objects that describe themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.load.serializable import Serializable

__all__ = ["Serializable"]

__getattr__, __dir__ = attach(__name__, {"Serializable": ".serializable"})
