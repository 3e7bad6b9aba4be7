"""Graph, nodes and edges."""

from __future__ import annotations

import inspect
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict
from uuid import UUID, uuid4

from pydantic import BaseModel

from ferrule.runnables.base import Runnable
from ferrule.runnables.graph.ascii import draw_ascii
from ferrule.runnables.graph.mermaid import draw_mermaid
from ferrule.runnables.graph.mermaid_image import draw_mermaid_png
from ferrule.runnables.graph.png import draw_png
from ferrule.runnables.graph.styles import CurveStyle, MermaidDrawMethod, NodeStyles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class LabelsDict(TypedDict):
    """Other labels than the names, for drawings."""

    nodes: dict[str, str]
    """Node id to label."""
    edges: dict[str, str]
    """Text of an edge to label."""


class Edge(NamedTuple):
    """A way from one node to another."""

    source: str
    """Id of the node it starts at."""
    target: str
    """Id of the node it ends at."""
    data: Any = None
    """What is written on it."""
    conditional: bool = False
    """Whether it is taken in some runs only."""

    def copy(self, *, source: str | None = None, target: str | None = None) -> Edge:
        """Make the same edge between other nodes."""
        return self._replace(source=source or self.source, target=target or self.target)


class Node(NamedTuple):
    """A runnable, or the model of an input or output."""

    id: str
    """Key in the graph."""
    name: str
    """What a drawing shows."""
    data: type[BaseModel] | Runnable[Any, Any] | None
    """The runnable or model."""
    metadata: dict[str, Any] | None
    """Facts to be shown with it."""

    def copy(self, *, id: str | None = None, name: str | None = None) -> Node:
        """Make the same node with another id or name."""
        return self._replace(id=id or self.id, name=name or self.name)


class Branch(NamedTuple):
    """A choice between ends, for graphs that are built by hand."""

    condition: Callable[..., str]
    """Tells which end is taken."""
    ends: dict[str, str] | None
    """What the condition tells, to the id of the node."""


def _is_made_up(node_id: str) -> bool:
    """Tell whether an id is one that a graph made up, not a name that somebody gave."""
    try:
        UUID(node_id)
    except ValueError:
        return False
    return True


def _name_of(node_id: str, data: Any) -> str:
    if data is None or not _is_made_up(node_id):
        return node_id
    name: str = data.get_name() if isinstance(data, Runnable) else data.__name__
    return name.removeprefix("Runnable")


@dataclass
class Graph:
    """Nodes and the edges between them.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> graph = (RunnableLambda(str.upper) | len).get_graph()
        >>> [node.name for node in graph.nodes.values()]
        ['upper_input', 'upper', 'len', 'len_output']
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.nodes)

    def next_id(self) -> str:
        """Make up an id."""
        return uuid4().hex

    def add_node(
        self,
        data: type[BaseModel] | Runnable[Any, Any] | None,
        id: str | None = None,
        *,
        metadata: dict[str, Any] | None = None,
    ) -> Node:
        """Add a node, under a made-up id unless one is given.

        Raises:
            ValueError: There is a node of that id.
        """
        if id is not None and id in self.nodes:
            msg = f"The graph has a node with the id {id!r} already."
            raise ValueError(msg)
        key = id or self.next_id()
        node = Node(key, _name_of(key, data), data, metadata)
        self.nodes[key] = node
        return node

    def remove_node(self, node: Node) -> None:
        """Remove a node and all its edges."""
        del self.nodes[node.id]
        self.edges = [edge for edge in self.edges if node.id not in (edge.source, edge.target)]

    def add_edge(
        self, source: Node, target: Node, data: Any = None, conditional: bool = False
    ) -> Edge:
        """Add an edge between two nodes of the graph.

        Raises:
            ValueError: One of them is no node of the graph.
        """
        for end in (source, target):
            if end.id not in self.nodes:
                msg = f"An edge joins nodes of the graph, and {end.id!r} is none."
                raise ValueError(msg)
        edge = Edge(source.id, target.id, data, conditional)
        self.edges.append(edge)
        return edge

    def extend(self, graph: Graph, *, prefix: str = "") -> tuple[Node | None, Node | None]:
        """Add all of another graph; return its first and last node, if it has single ones.

        Args:
            graph: The other graph.
            prefix: Put before its ids, unless all of those are made up.
        """
        if all(map(_is_made_up, graph.nodes)):
            prefix = ""
        before = f"{prefix}:" if prefix else ""
        added = {key: node.copy(id=before + key) for key, node in graph.nodes.items()}
        self.nodes.update((node.id, node) for node in added.values())
        self.edges.extend(
            edge.copy(source=before + edge.source, target=before + edge.target)
            for edge in graph.edges
        )
        first, last = graph.first_node(), graph.last_node()
        return first and added[first.id], last and added[last.id]

    def reid(self) -> Graph:
        """Copy the graph with readable ids: the names, numbered where they occur twice."""
        counts = Counter(node.name for node in self.nodes.values())
        seen: Counter[str] = Counter()
        ids: dict[str, str] = {}
        for key, node in self.nodes.items():
            seen[node.name] += 1
            label = node.name if counts[node.name] == 1 else f"{node.name}_{seen[node.name]}"
            ids[key] = label if _is_made_up(key) else key
        return Graph(
            {ids[key]: node.copy(id=ids[key]) for key, node in self.nodes.items()},
            [edge.copy(source=ids[edge.source], target=ids[edge.target]) for edge in self.edges],
        )

    def first_node(self) -> Node | None:
        """Find the one node that no edge leads to; `None` if there are several, or none."""
        return self._only_end("target")

    def last_node(self) -> Node | None:
        """Find the one node that no edge leads from; `None` if there are several, or none."""
        return self._only_end("source")

    def _only_end(self, side: str, without: Collection[str] = ()) -> Node | None:
        other = "source" if side == "target" else "target"
        joined = {getattr(edge, side) for edge in self.edges if getattr(edge, other) not in without}
        ends = [n for n in self.nodes.values() if n.id not in joined and n.id not in without]
        return ends[0] if len(ends) == 1 else None

    def trim_first_node(self) -> None:
        """Remove the first node, if another one is the first then and only one edge is lost."""
        self._trim("target", "source")

    def trim_last_node(self) -> None:
        """Remove the last node, if another one is the last then and only one edge is lost."""
        self._trim("source", "target")

    def _trim(self, side: str, other: str) -> None:
        end = self._only_end(side)
        if (
            end is not None
            and self._only_end(side, (end.id,)) is not None
            and sum(getattr(edge, other) == end.id for edge in self.edges) == 1
        ):
            self.remove_node(end)

    def to_json(self, *, with_schemas: bool = False) -> dict[str, list[dict[str, Any]]]:
        """Describe the graph as JSON-like data.

        Args:
            with_schemas: Give the JSON schema of inputs and outputs instead of their names.
        """
        ids = {key: i if _is_made_up(key) else key for i, key in enumerate(self.nodes)}
        edges = []
        for edge in self.edges:
            described: dict[str, Any] = {"source": ids[edge.source], "target": ids[edge.target]}
            if edge.data is not None:
                described["data"] = edge.data
            if edge.conditional:
                described["conditional"] = True
            edges.append(described)
        nodes = [
            {"id": ids[node.id], **_described(node, with_schemas)} for node in self.nodes.values()
        ]
        return {"nodes": nodes, "edges": edges}

    def draw_ascii(self) -> str:
        """Draw the graph with characters.

        Example:
            >>> from ferrule.runnables import RunnableLambda
            >>> print((RunnableLambda(str.upper) | len).get_graph().draw_ascii())
            +-------------+
            | upper_input |
            +-------------+
                   *
                   *
                   *
              +-------+
              | upper |
              +-------+
                   *
                   *
                   *
               +-----+
               | len |
               +-----+
                   *
                   *
                   *
            +------------+
            | len_output |
            +------------+
        """
        return draw_ascii({node.id: node.name for node in self.nodes.values()}, self.edges)

    def print_ascii(self) -> None:
        """Print what `draw_ascii` draws."""
        print(self.draw_ascii())  # noqa: T201  its job

    def draw_mermaid(
        self,
        *,
        with_styles: bool = True,
        curve_style: CurveStyle = CurveStyle.LINEAR,
        node_colors: NodeStyles | None = None,
        wrap_label_n_words: int = 9,
        frontmatter_config: dict[str, Any] | None = None,
    ) -> str:
        """Write the graph in the Mermaid language.

        Args:
            with_styles: Style the nodes; without, only the edges are written.
            curve_style: How edges bend.
            node_colors: Styles of the nodes.
            wrap_label_n_words: Words on one line of an edge's text.
            frontmatter_config: Further Mermaid settings.
        """
        graph = self.reid()
        first, last = graph.first_node(), graph.last_node()
        return draw_mermaid(
            graph.nodes,
            graph.edges,
            first_node=first and first.id,
            last_node=last and last.id,
            with_styles=with_styles,
            curve_style=curve_style,
            node_styles=node_colors,
            wrap_label_n_words=wrap_label_n_words,
            frontmatter_config=frontmatter_config,
        )

    def draw_mermaid_png(
        self,
        *,
        curve_style: CurveStyle = CurveStyle.LINEAR,
        node_colors: NodeStyles | None = None,
        wrap_label_n_words: int = 9,
        frontmatter_config: dict[str, Any] | None = None,
        draw_method: MermaidDrawMethod = MermaidDrawMethod.API,
        **drawing: Any,
    ) -> bytes:
        """Make a PNG image of the Mermaid drawing.

        Args:
            curve_style: As for `draw_mermaid`.
            node_colors: As for `draw_mermaid`.
            wrap_label_n_words: As for `draw_mermaid`.
            frontmatter_config: As for `draw_mermaid`.
            draw_method: What makes the image. The default sends the text to mermaid.ink.
            **drawing: `output_file_path`, `background_color`, `padding` (pixels),
                `max_retries`, `retry_delay` (seconds), `base_url`, `proxies`.
        """
        text = self.draw_mermaid(
            curve_style=curve_style,
            node_colors=node_colors,
            wrap_label_n_words=wrap_label_n_words,
            frontmatter_config=frontmatter_config,
        )
        return draw_mermaid_png(text, draw_method=draw_method, **drawing)

    def draw_png(
        self,
        output_file_path: str | None = None,
        fontname: str | None = None,
        labels: LabelsDict | None = None,
    ) -> bytes | None:
        """Make a PNG image with Graphviz, through the optional library pygraphviz.

        Args:
            output_file_path: Where to write it; without, it is returned.
            fontname: Font of the labels.
            labels: Other labels than the names.
        """
        names = {node.id: node.name for node in self.nodes.values()}
        given: Any = labels or {}
        return draw_png(
            nodes={**names, **given.get("nodes", {})},
            edges=[(e.source, e.target, e.data, e.conditional) for e in self.edges],
            edge_labels=given.get("edges", {}),
            ends=(self.first_node(), self.last_node()),
            path=output_file_path,
            fontname=fontname,
        )


def _described(node: Node, with_schemas: bool) -> dict[str, Any]:
    data: Any = node.data
    described: dict[str, Any]
    if data is None:
        described = {}
    elif isinstance(data, Runnable):
        described = {"type": "runnable", "data": {"id": _lc_id(data), "name": node.name}}
    elif inspect.isclass(data) and issubclass(data, BaseModel):
        schema = data.model_json_schema() if with_schemas else node.name
        described = {"type": "schema", "data": schema}
    else:
        described = {"type": "unknown", "data": node.name}
    if node.metadata is not None:
        described["metadata"] = node.metadata
    return described


def _lc_id(runnable: Runnable[Any, Any]) -> list[str]:
    lc_id = getattr(type(runnable), "lc_id", None)
    if lc_id is not None:
        return list(lc_id())
    cls = type(runnable)
    return [*cls.__module__.split("."), cls.__name__]
