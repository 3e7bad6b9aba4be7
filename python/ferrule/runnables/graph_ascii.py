"""Drawing of graphs with characters, under langchain-core's path."""

from __future__ import annotations

from ferrule.runnables.graph.ascii import draw_ascii

__all__ = [
    "draw_ascii",
]
