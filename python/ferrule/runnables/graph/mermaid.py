"""Graphs in the Mermaid language."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ferrule.runnables.graph.styles import CurveStyle, NodeStyles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ferrule.runnables.graph.model import Edge, Node

_ENTITIES = str.maketrans(
    {character: f"#{ord(character)};" for character in "#[](){}<>|"} | {'"': "#quot;"}
)
_MARKDOWN = ("*", "_", "`")


def draw_mermaid(  # noqa: PLR0913  the settings of a drawing
    nodes: Mapping[str, Node],
    edges: Sequence[Edge],
    *,
    first_node: str | None = None,
    last_node: str | None = None,
    with_styles: bool = True,
    curve_style: CurveStyle = CurveStyle.LINEAR,
    node_styles: NodeStyles | None = None,
    wrap_label_n_words: int = 9,
    frontmatter_config: dict[str, Any] | None = None,
) -> str:
    """Write nodes and edges as a Mermaid flow chart.

    Ids with colons make subgraphs: `outer:inner` is the node `inner` of the subgraph `outer`.

    Raises:
        ValueError: Two subgraphs have the same name.
    """
    drawing = _Drawing(nodes, edges, (first_node, last_node), wrap_label_n_words, with_styles)
    lines: list[str] = []
    if with_styles:
        lines += ["---", *_yaml(_settings(frontmatter_config, curve_style)), "---"]
    lines += ["graph TD;", *drawing.lines()]
    if with_styles:
        styles = asdict(node_styles or NodeStyles())
        lines += [f"\tclassDef {name} {style}" for name, style in styles.items()]
    return "\n".join(lines) + "\n"


def _settings(given: dict[str, Any] | None, curve_style: CurveStyle) -> dict[str, Any]:
    settings = given or {}
    config = settings.get("config", {})
    flowchart = {**config.get("flowchart", {}), "curve": CurveStyle(curve_style).value}
    return {**settings, "config": {**config, "flowchart": flowchart}}


def _yaml(settings: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in sorted(settings.items()):
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _yaml(value, indent + "  ")
        else:
            plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w ]*", value)
            # JSON is valid YAML, for all that is no plain word.
            yield f"{indent}{key}: {value if plain else json.dumps(value)}"


class _Drawing:
    def __init__(
        self,
        nodes: Mapping[str, Node],
        edges: Iterable[Edge],
        ends: tuple[str | None, str | None],
        words_per_line: int,
        with_nodes: bool,
    ) -> None:
        self.first, self.last = ends
        self.words_per_line = words_per_line
        self.with_nodes = with_nodes
        self.nodes: dict[str, list[tuple[str, Node]]] = {}
        for key, node in nodes.items():
            self.nodes.setdefault(key.rpartition(":")[0], []).append((key, node))
        self.edges: dict[str, list[Edge]] = {}
        for edge in edges:
            self.edges.setdefault(_common_prefix(edge.source, edge.target), []).append(edge)
        self.drawn: set[str] = set()

    def lines(self) -> Iterator[str]:
        if self.with_nodes:
            yield from self.node_lines("")
        yield from self.edge_lines(self.edges.get("", ()))
        for prefix in list(self.edges):
            if prefix and ":" not in prefix:
                yield from self.subgraph(prefix, self.edges[prefix])
        if self.with_nodes:
            for prefix in self.nodes:
                if prefix and ":" not in prefix and prefix not in self.drawn:
                    yield from self.subgraph(prefix, ())

    def subgraph(self, prefix: str, edges: Sequence[Edge]) -> Iterator[str]:
        looping = len(edges) == 1 and edges[0].source == edges[0].target
        if not looping:
            name = prefix.rpartition(":")[2]
            if name in self.drawn:
                msg = f"Two subgraphs have the name {name!r}; give them different names."
                raise ValueError(msg)
            self.drawn.add(name)
            yield f"\tsubgraph {name}"
            if self.with_nodes:
                yield from self.node_lines(prefix)
        yield from self.edge_lines(edges)
        for nested in list(self.edges):
            if nested.rpartition(":")[0] == prefix:
                yield from self.subgraph(nested, self.edges[nested])
        if not looping:
            yield "\tend"

    def node_lines(self, prefix: str) -> Iterator[str]:
        for key, node in self.nodes.get(prefix, ()):
            safe, label = _safe_id(key), _label(node)
            if key == self.last:
                yield f"\t{safe}([{label}]):::last"
            elif key == self.first:
                yield f"\t{safe}([{label}]):::first"
            else:
                yield f"\t{safe}({label})"

    def edge_lines(self, edges: Iterable[Edge]) -> Iterator[str]:
        for edge in edges:
            yield f"\t{_safe_id(edge.source)}{self.arrow(edge)}{_safe_id(edge.target)};"

    def arrow(self, edge: Edge) -> str:
        if edge.data is None:
            return " -.-> " if edge.conditional else " --> "
        words = str(edge.data).split()
        size = self.words_per_line
        text = str(edge.data)
        if len(words) > size:
            rows = (" ".join(words[i : i + size]) for i in range(0, len(words), size))
            text = "&nbsp<br>&nbsp".join(rows)
        return (
            f" -. &nbsp;{text}&nbsp; .-> " if edge.conditional else f" -- &nbsp;{text}&nbsp; --> "
        )


def _common_prefix(source: str, target: str) -> str:
    pairs = zip(source.split(":"), target.split(":"), strict=False)
    return ":".join(one for one, other in pairs if one == other)


def _label(node: Node) -> str:
    name = node.name.rpartition(":")[2]
    # Mermaid would read such a name as Markdown.
    label = f"<p>{name}</p>" if name.startswith(_MARKDOWN) and name.endswith(_MARKDOWN) else name
    facts = [
        f"{key} = {text}".translate(_ENTITIES)
        for key, value in (node.metadata or {}).items()
        if (text := _fact(value)) is not None
    ]
    if not facts:
        return label
    return f"{label}<hr/><small><em>" + "\n".join(facts) + "</em></small>"


def _fact(value: Any) -> str | None:
    scalar = (str, int, float, bool)
    if isinstance(value, scalar):
        return str(value)
    if isinstance(value, (list, tuple, set)) and all(isinstance(item, scalar) for item in value):
        items = map(str, value)
        return ", ".join(sorted(items) if isinstance(value, set) else items)
    return None


def _safe_id(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f"\\{ord(found[0]):x}", label)
