"""Choosing the examples of a few-shot prompt by its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.example_selectors.base import BaseExampleSelector as BaseExampleSelector
    from ferrule.example_selectors.length_based import (
        LengthBasedExampleSelector as LengthBasedExampleSelector,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": "BaseExampleSelector",
            ".length_based": "LengthBasedExampleSelector",
        },
    )
