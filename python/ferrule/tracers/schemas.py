"""The documented import path of `Run`."""

from __future__ import annotations

from ferrule.tracers.run_tree import Run

__all__ = ["Run"]
