"""Graphs drawn with characters: boxes in layers, lines of stars between them.

A layered layout: each node lies below all that lead to it, an edge over several layers passes
through placeholders, and nodes are moved towards their neighbours' centres.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ferrule.runnables.graph.model import Edge

_BOX_HEIGHT = 3
_GAP_ROWS = 3
_GAP_COLUMNS = 3
_SWEEPS = 8


def draw_ascii(vertices: Mapping[str, str], edges: Sequence[Edge]) -> str:
    """Draw nodes (id to label) and the edges between them; conditional ones are dotted.

    Example:
        >>> from ferrule.runnables.graph import Edge
        >>> print(draw_ascii({"a": "in", "b": "out"}, [Edge("a", "b")]))
        +----+
        | in |
        +----+
           *
           *
           *
        +-----+
        | out |
        +-----+
    """
    if not vertices:
        return ""
    return _Layout(vertices, edges).draw()


class _Cell:
    """A node in its layer, or the place where an edge passes through it."""

    __slots__ = ("above", "below", "centre", "label", "rank", "width")

    def __init__(self, rank: int, label: str | None) -> None:
        self.rank = rank
        self.label = label
        self.width = 1 if label is None else len(label) + 4
        self.centre = 0.0
        self.above: list[_Cell] = []
        self.below: list[_Cell] = []


class _Layout:
    def __init__(self, vertices: Mapping[str, str], edges: Sequence[Edge]) -> None:
        ranks = _ranks(vertices, edges)
        cells = {key: _Cell(ranks[key], label) for key, label in vertices.items()}
        self.layers: list[list[_Cell]] = [[] for _ in range(max(ranks.values()) + 1)]
        for cell in cells.values():
            self.layers[cell.rank].append(cell)
        self.lines: list[tuple[_Cell, _Cell, str]] = []
        for edge in edges:
            if edge.source != edge.target:
                ends = sorted((cells[edge.source], cells[edge.target]), key=lambda c: c.rank)
                self._connect(ends[0], ends[1], "." if edge.conditional else "*")
        self._order()
        self._place()

    def _connect(self, upper: _Cell, lower: _Cell, mark: str) -> None:
        for rank in range(upper.rank + 1, lower.rank + 1):
            following = lower if rank == lower.rank else _Cell(rank, None)
            if following is not lower:
                self.layers[rank].append(following)
            upper.below.append(following)
            following.above.append(upper)
            self.lines.append((upper, following, mark))
            upper = following

    def _order(self) -> None:
        """Order each layer by where its neighbours are, so that few lines cross."""
        for sweep in range(_SWEEPS):
            layers, side = self._sweep(sweep)
            for layer in self.layers:
                for position, cell in enumerate(layer):
                    cell.centre = position
            for layer in layers:
                weights = {
                    id(cell): fmean(n.centre for n in neighbours)
                    if (neighbours := getattr(cell, side))
                    else cell.centre
                    for cell in layer
                }
                layer.sort(key=lambda cell: weights[id(cell)])
                for position, cell in enumerate(layer):
                    cell.centre = position

    def _sweep(self, number: int) -> tuple[list[list[_Cell]], str]:
        """Go down by turns, each layer after those above it, and up."""
        return (self.layers, "above") if number % 2 == 0 else (self.layers[::-1], "below")

    def _place(self) -> None:
        """Give every cell a column: as near to its neighbours as the order allows."""
        for layer in self.layers:
            right = 0.0
            for cell in layer:
                cell.centre = right + cell.width / 2
                right += cell.width + _GAP_COLUMNS
        for sweep in range(_SWEEPS):
            layers, side = self._sweep(sweep + 1)
            for layer in layers:
                self._pull(layer, side)
        left = min(cell.centre - cell.width / 2 for layer in self.layers for cell in layer)
        for layer in self.layers:
            for cell in layer:
                cell.centre -= left

    @staticmethod
    def _pull(layer: list[_Cell], side: str) -> None:
        wanted = []
        for cell in layer:
            neighbours: list[_Cell] = getattr(cell, side)
            wanted.append(fmean(n.centre for n in neighbours) if neighbours else cell.centre)
        # Push apart what would overlap, once from each side, and take the middle.
        from_left = list(wanted)
        for i in range(1, len(layer)):
            apart = (layer[i - 1].width + layer[i].width) / 2 + _GAP_COLUMNS
            from_left[i] = max(wanted[i], from_left[i - 1] + apart)
        from_right = list(wanted)
        for i in range(len(layer) - 2, -1, -1):
            apart = (layer[i + 1].width + layer[i].width) / 2 + _GAP_COLUMNS
            from_right[i] = min(wanted[i], from_right[i + 1] - apart)
        for cell, low, high in zip(layer, from_left, from_right, strict=True):
            cell.centre = (low + high) / 2

    def draw(self) -> str:
        canvas: dict[int, dict[int, str]] = defaultdict(dict)
        step = _BOX_HEIGHT + _GAP_ROWS
        for upper, lower, mark in self.lines:
            top = upper.rank * step + (0 if upper.label is None else _BOX_HEIGHT)
            bottom = lower.rank * step - 1
            _line(canvas, (int(upper.centre), top), (int(lower.centre), bottom), mark)
            if lower.label is None:
                for row in range(bottom + 1, bottom + 1 + _BOX_HEIGHT):
                    canvas[row][int(lower.centre)] = mark
        for layer in self.layers:
            for cell in layer:
                if cell.label is not None:
                    _box(canvas, int(cell.centre - cell.width / 2), cell.rank * step, cell.label)
        rows = range(max(canvas) + 1)
        return "\n".join(_row(canvas[row]) for row in rows)


def _ranks(vertices: Mapping[str, str], edges: Sequence[Edge]) -> dict[str, int]:
    """Find the layer of each node: one below the lowest that leads to it."""
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        targets[edge.source].append(edge.target)
    ranks: dict[str, int] = {}
    order: list[str] = []
    open_now: set[str] = set()

    def visit(key: str) -> None:
        open_now.add(key)
        for target in targets[key]:
            if target not in ranks and target not in open_now:
                visit(target)
        open_now.discard(key)
        ranks[key] = 0
        order.append(key)

    for key in vertices:
        if key not in ranks:
            visit(key)
    order.reverse()
    position = {key: i for i, key in enumerate(order)}
    for key in order:
        for target in targets[key]:
            if position[target] > position[key]:  # an edge that closes a cycle leads upwards
                ranks[target] = max(ranks[target], ranks[key] + 1)
    return ranks


def _line(
    canvas: dict[int, dict[int, str]], start: tuple[int, int], end: tuple[int, int], mark: str
) -> None:
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0))
    for i in range(steps + 1):
        part = i / steps if steps else 0
        canvas[round(y0 + part * (y1 - y0))][round(x0 + part * (x1 - x0))] = mark


def _box(canvas: dict[int, dict[int, str]], left: int, top: int, label: str) -> None:
    border = "+" + "-" * (len(label) + 2) + "+"
    for row, text in enumerate((border, f"| {label} |", border), start=top):
        canvas[row].update(enumerate(text, start=left))


def _row(characters: Mapping[int, str]) -> str:
    width = max(characters, default=-1) + 1
    return "".join(characters.get(column, " ") for column in range(width))
