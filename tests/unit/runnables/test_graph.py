from __future__ import annotations

import sys

import pytest

from ferrule.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from ferrule.runnables.graph import CurveStyle, Edge, Graph, MermaidDrawMethod
from ferrule.runnables.graph.ascii import draw_ascii
from ferrule.runnables.graph.mermaid_image import draw_mermaid_png


def names(graph):
    return [node.name for node in graph.nodes.values()]


def ways(graph):
    return {(graph.nodes[edge.source].name, graph.nodes[edge.target].name) for edge in graph.edges}


def test_a_sequence_is_a_line():
    """Steps follow each other between one input and one output."""
    graph = (RunnableLambda(len) | abs | str).get_graph()
    assert names(graph) == ["len_input", "len", "abs", "str", "str_output"]
    assert ways(graph) == set(zip(names(graph), names(graph)[1:], strict=False))


def test_a_parallel_is_several_ways():
    """Branches lie between one input and one output."""
    graph = RunnableParallel(a=len, b=abs).get_graph()
    assert ways(graph) == {
        ("Parallel<a,b>Input", "len"),
        ("Parallel<a,b>Input", "abs"),
        ("len", "Parallel<a,b>Output"),
        ("abs", "Parallel<a,b>Output"),
    }


def test_an_assignment_has_a_way_past_its_branches():
    """The input is passed on beside what is computed from it."""
    graph = RunnablePassthrough.assign(a=len).get_graph()
    assert ("Parallel<a>Input", "Passthrough") in ways(graph)


def test_a_function_shows_the_runnables_that_it_uses():
    """Runnables inside a function are nodes between its input and output."""
    inner = RunnableLambda(abs)
    graph = RunnableLambda(lambda x: inner.invoke(x) + 1).get_graph()
    assert "abs" in names(graph)


def test_trimming_keeps_a_graph_connected():
    """An end is removed only if that leaves a single end and loses one edge."""
    graph = (RunnableLambda(len) | abs).get_graph()
    graph.trim_first_node()
    graph.trim_last_node()
    assert names(graph) == ["len", "abs"]
    wide = RunnableParallel(a=len, b=abs).get_graph()
    wide.trim_first_node()
    assert "Parallel<a,b>Input" in names(wide)


def test_nodes_and_edges_are_checked():
    """An id twice, and an edge to a node of another graph, are refused."""
    graph = Graph()
    node = graph.add_node(None, id="a")
    with pytest.raises(ValueError, match="'a'"):
        graph.add_node(None, id="a")
    with pytest.raises(ValueError, match="'b'"):
        graph.add_edge(node, Graph().add_node(None, id="b"))


def test_json_has_stable_ids():
    """Made-up ids become numbers; schemas can be asked for."""
    graph = (RunnableLambda(len) | abs).get_graph()
    assert graph.to_json()["edges"][0] == {"source": 0, "target": 1}
    assert graph.to_json()["nodes"][1]["type"] == "runnable"
    node = graph.to_json(with_schemas=True)["nodes"][0]
    assert node["data"]["title"] == "len_input"


def test_extending_prefixes_given_ids():
    """Ids that somebody gave are prefixed, so that subgraphs stay apart."""
    inner = Graph()
    a, b = inner.add_node(None, id="a"), inner.add_node(None, id="b")
    inner.add_edge(a, b)
    graph = Graph()
    first, last = graph.extend(inner, prefix="sub")
    assert (first.id, last.id) == ("sub:a", "sub:b")
    assert graph.edges == [Edge("sub:a", "sub:b")]


def test_characters():
    """Boxes are drawn in layers, with lines between them; conditional lines are dotted."""
    graph = RunnableParallel(a=len, b=abs).get_graph()
    drawing = graph.draw_ascii()
    lines = drawing.splitlines()
    assert "| Parallel<a,b>Input |" in lines[1]
    assert "| len |" in lines[7]
    assert "| abs |" in lines[7]
    assert "| Parallel<a,b>Output |" in lines[13]
    dotted = draw_ascii({"a": "a", "b": "b"}, [Edge("a", "b", None, True)])
    assert "." in dotted
    assert "*" not in dotted
    assert draw_ascii({}, []) == ""


def test_steps_of_a_chain_are_drawn_below_each_other():
    """One straight line leads through the middle of all boxes, however wide they are."""
    labels = {"a": "question", "b": "a step with a long name", "c": "of", "d": "answers"}
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "d")]
    lines = draw_ascii(labels, edges).splitlines()
    [column] = {line.index("*") for line in lines if "*" in line}
    boxes = [line for line in lines if line.lstrip().startswith("+")]
    middles = [(line.index("+") + len(line) - 1) / 2 for line in boxes]
    assert all(abs(middle - column) <= 1 for middle in middles)


def test_characters_of_a_cycle():
    """A cycle is drawn as well; every node appears once."""
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "a"), Edge("b", "b")]
    drawing = draw_ascii({"a": "one", "b": "two", "c": "three"}, edges)
    assert all(drawing.count(f"| {name} |") == 1 for name in ("one", "two", "three"))


def test_mermaid():
    """The Mermaid text has a header, nodes, edges and styles."""
    text = (RunnableLambda(len) | abs).get_graph().draw_mermaid()
    assert text.startswith("---\nconfig:\n  flowchart:\n    curve: linear\n---\ngraph TD;\n")
    assert "\tlen_input([len_input]):::first\n" in text
    assert "\tlen --> abs;\n" in text
    assert "\tclassDef last fill:#bfb6fc\n" in text


def test_mermaid_curves():
    """A curve is a member of `CurveStyle`; something else is named."""
    graph = RunnableLambda(len).get_graph()
    assert "    curve: basis\n" in graph.draw_mermaid(curve_style=CurveStyle.BASIS)
    with pytest.raises(ValueError, match="'wavy' is not a valid CurveStyle"):
        graph.draw_mermaid(curve_style="wavy")


def test_mermaid_subgraphs_labels_and_escapes():
    """Prefixed ids make subgraphs; labels are wrapped; ids and metadata are escaped."""
    graph = Graph()
    a = graph.add_node(None, id="sub:a b", metadata={"n": [1, 2], "why": "x<y"})
    b = graph.add_node(None, id="sub:b")
    c = graph.add_node(None, id="c")
    graph.add_edge(a, b, data="one two three", conditional=True)
    graph.add_edge(b, c)
    text = graph.draw_mermaid(wrap_label_n_words=2)
    assert "\tsubgraph sub\n" in text
    assert "sub\\3aa\\20b" in text
    assert "n = 1, 2\nwhy = x#60;y" in text
    assert " -. &nbsp;one two&nbsp<br>&nbspthree&nbsp; .-> " in text
    assert graph.draw_mermaid(with_styles=False).startswith("graph TD;\n")


def test_missing_libraries_are_named(monkeypatch):
    """Drawing images without the optional library says what to install."""
    for library in ("pygraphviz", "pyppeteer"):
        monkeypatch.setitem(sys.modules, library, None)
    graph = RunnableLambda(len).get_graph()
    with pytest.raises(ImportError, match="pip install pygraphviz"):
        graph.draw_png()
    with pytest.raises(ImportError, match="pip install pyppeteer"):
        graph.draw_mermaid_png(draw_method=MermaidDrawMethod.PYPPETEER)
    with pytest.raises(ValueError, match="draw"):
        draw_mermaid_png("graph TD;", draw_method="crayon")


def test_png_labels_are_no_markup(tmp_path):
    """Graphviz takes labels with angle brackets and ampersands as they are."""
    pytest.importorskip("pygraphviz")
    chain = RunnableLambda(lambda x: x) | {"a": RunnableLambda(str), "b&c": RunnableLambda(int)}
    path = tmp_path / "graph.png"
    assert chain.get_graph().draw_png(str(path)) is None
    image = chain.get_graph().draw_png()
    assert image.startswith(b"\x89PNG")
    assert path.read_bytes() == image
