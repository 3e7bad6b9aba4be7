"""Graphs of runnables, composed of the graphs of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._core import check_config
from ferrule.runnables import _build
from ferrule.runnables.graph.model import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.graph.model import Node


def graph_of(runnable: Runnable[Any, Any], config: RunnableConfig | None) -> Graph:
    """Make the graph of a runnable without parts: input, runnable, output."""
    check_config(config)
    graph = Graph()
    taken = graph.add_node(_model_or_empty(runnable, "Input", runnable.get_input_schema, config))
    node = graph.add_node(runnable, metadata=(config or {}).get("metadata"))
    given = graph.add_node(_model_or_empty(runnable, "Output", runnable.get_output_schema, config))
    graph.add_edge(taken, node)
    graph.add_edge(node, given)
    return graph


def _model_or_empty(
    runnable: Runnable[Any, Any],
    side: str,
    schema: Callable[[RunnableConfig | None], type[BaseModel]],
    config: RunnableConfig | None,
) -> type[BaseModel]:
    try:
        return schema(config)
    except TypeError:  # the runnable does not tell its types
        return _build.schemas.object_model(runnable.get_name(side), {})


def one_after_another(steps: Sequence[Runnable[Any, Any]], config: RunnableConfig | None) -> Graph:
    """Make the graph of a sequence: each step's graph, joined where one ends and one begins."""
    graph = Graph()
    for position, step in enumerate(steps):
        before = graph.last_node()
        part = step.get_graph(config)
        if position > 0:
            part.trim_first_node()
        if position < len(steps) - 1:
            part.trim_last_node()
        first, _ = _add(graph, part, step)
        if before is not None:
            graph.add_edge(before, first)
    return graph


def side_by_side(
    whole: Runnable[Any, Any],
    parts: Sequence[Runnable[Any, Any]],
    config: RunnableConfig | None,
) -> Graph:
    """Make the graph of several runnables between one input and one output."""
    graph = Graph()
    taken = graph.add_node(whole.get_input_schema(config))
    given = graph.add_node(whole.get_output_schema(config))
    for runnable in parts:
        part = runnable.get_graph()
        part.trim_first_node()
        part.trim_last_node()
        if not part:
            graph.add_edge(taken, given)
            continue
        first, last = _add(graph, part, runnable)
        graph.add_edge(taken, first)
        graph.add_edge(last, given)
    return graph


def _add(graph: Graph, part: Graph, runnable: Runnable[Any, Any]) -> tuple[Node, Node]:
    first, last = graph.extend(part)
    if first is None or last is None:
        msg = f"The graph of {runnable!r} has no single first and last node to be joined at."
        raise ValueError(msg)
    return first, last


def with_bypass(graph: Graph, passthrough: Runnable[Any, Any]) -> Graph:
    """Add a way from the first to the last node that leads past the rest."""
    first, last = graph.first_node(), graph.last_node()
    if first is not None and last is not None:
        node = graph.add_node(passthrough)
        graph.add_edge(first, node)
        graph.add_edge(node, last)
    return graph


def prompts_in(graph: Graph) -> list[Any]:
    """List the prompt templates of a graph."""
    return [
        node.data for node in graph.nodes.values() if isinstance(node.data, _build.prompt_template)
    ]
