"""Images of graphs by Graphviz, through the optional library pygraphviz."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ferrule.runnables.graph.model import Node


def draw_png(
    *,
    nodes: Mapping[str, str],
    edges: Iterable[tuple[str, str, Any, bool]],
    edge_labels: Mapping[str, str],
    ends: tuple[Node | None, Node | None],
    path: str | None,
    fontname: str | None,
) -> bytes | None:
    """Draw nodes (id to label) and edges (source, target, text, whether conditional).

    Returns:
        The image, or `None` if it was written to `path`.

    Raises:
        ImportError: pygraphviz is not installed.
    """
    try:
        pygraphviz: Any = import_module("pygraphviz")
    except ImportError as error:
        msg = "Drawing a PNG image needs the library pygraphviz: pip install pygraphviz."
        raise ImportError(msg) from error
    font = fontname or "arial"
    drawing = pygraphviz.AGraph(directed=True, nodesep=0.9, ranksep=1.0)
    try:
        for key, label in nodes.items():
            drawing.add_node(
                key,
                label=f"<<B>{escape(label)}</B>>",  # Graphviz reads it as markup
                style="filled",
                fillcolor="yellow",
                fontsize=15,
                fontname=font,
            )
        for source, target, text, conditional in edges:
            shown = "" if text is None else escape(str(edge_labels.get(str(text), text)))
            drawing.add_edge(
                source,
                target,
                label=shown and f"<<U>{shown}</U>>",
                fontsize=12,
                fontname=font,
                style="dotted" if conditional else "solid",
            )
        _add_clusters(drawing, nodes)
        for end, colour in zip(ends, ("lightblue", "orange"), strict=True):
            if end is not None:
                drawing.get_node(end.id).attr.update(fillcolor=colour)
        image: bytes | None = drawing.draw(path, format="png", prog="dot")
        return image
    finally:
        drawing.close()


def _add_clusters(drawing: Any, ids: Iterable[str], prefix: str = "") -> None:
    """Frame the nodes of each subgraph, as `outer:inner` names them."""
    groups: dict[str, list[str]] = {}
    for key in ids:
        head, colon, _ = key[len(prefix) :].partition(":")
        if colon:
            groups.setdefault(f"{prefix}{head}:", []).append(key)
    for group, members in groups.items():
        if len(members) > 1:
            cluster = drawing.add_subgraph(members, name=f"cluster_{group.rstrip(':')}")
            _add_clusters(cluster, members, group)
