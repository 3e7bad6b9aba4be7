"""What a runnable runs, as a graph, and drawings of it."""

from __future__ import annotations

from ferrule.runnables.graph.model import Branch, Edge, Graph, LabelsDict, Node
from ferrule.runnables.graph.styles import CurveStyle, MermaidDrawMethod, NodeStyles

__all__ = [
    "Branch",
    "CurveStyle",
    "Edge",
    "Graph",
    "LabelsDict",
    "MermaidDrawMethod",
    "Node",
    "NodeStyles",
]
