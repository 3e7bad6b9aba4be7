"""Drawing of graphs by Graphviz, under langchain-core's path."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ferrule.runnables.graph import Graph, LabelsDict

__all__ = ["PngDrawer"]


class PngDrawer:
    """Draw graphs as PNG images with one font and one set of labels.

    Args:
        fontname: Font of the labels.
        labels: Other labels than the names of nodes and edges.
    """

    def __init__(self, fontname: str | None = None, labels: LabelsDict | None = None) -> None:
        self.fontname = fontname
        self.labels = labels

    def draw(self, graph: Graph, output_path: str | None = None) -> bytes | None:
        """Draw one graph, as its `draw_png` does; without a path the image is returned.

        Raises:
            ImportError: pygraphviz is not installed.
        """
        return graph.draw_png(output_path, self.fontname, self.labels)
