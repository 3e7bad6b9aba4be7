"""Drawing of graphs by Mermaid, under langchain-core's path."""

from __future__ import annotations

from ferrule.runnables.graph.mermaid import draw_mermaid
from ferrule.runnables.graph.mermaid_image import draw_mermaid_png

__all__ = [
    "draw_mermaid",
    "draw_mermaid_png",
]
