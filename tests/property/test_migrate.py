"""Whatever a file imports: one pass is enough, and nothing but imports and their uses changes."""

from __future__ import annotations

import ast
import importlib
import io
import tokenize

import pytest
from hypothesis import given, strategies as st

pytest.importorskip("libcst")

from ferrule.migrate import Inventory, rewrite_source

ROOTS = Inventory(models=True).roots
NAMES = {
    "langchain_core.messages": ["HumanMessage", "AIMessage", "ai", "NoMessage", "_private"],
    "langchain_core.runnables.base": ["Runnable", "RunnableLambda", "NoRunnable"],
    "langchain_core.tools": ["tool", "BaseTool", "NoTool"],
    "langchain_core.vectorstores": ["VectorStore"],
    "langchain_core": ["messages", "tools", "vectorstores", "__version__"],
    "langchain_openai": ["ChatOpenAI", "OpenAIEmbeddings"],
    "os": ["path", "sep"],
}
COMMENT = st.sampled_from(["", "  # noqa", "  # langchain_core"])
MODULE = st.sampled_from(sorted(NAMES))


@st.composite
def from_imports(draw):
    """A `from` import in one of the forms that the grammar has."""
    module = draw(MODULE)
    names = draw(st.lists(st.sampled_from(NAMES[module]), min_size=1, unique=True))
    parts = [f"{name} as n{at}" if draw(st.booleans()) else name for at, name in enumerate(names)]
    head, comment = f"from {module} import ", draw(COMMENT)
    match draw(st.sampled_from(["plain", "flat", "tall", "hanging"])):
        case "plain":
            return head + ", ".join(parts) + comment
        case "flat":
            return f"{head}({', '.join(parts)}{draw(st.sampled_from(['', ',']))}){comment}"
        case "tall":
            lines = "".join(f"    {part},{draw(COMMENT)}\n" for part in parts)
            return f"{head}({draw(COMMENT)}\n{lines}){comment}"
        case _:
            return head + "(" + ",\n    ".join(parts) + ")" + comment


@st.composite
def plain_imports(draw):
    """An `import` of one or two modules."""
    modules = draw(st.lists(MODULE, min_size=1, max_size=2, unique=True))
    parts = [f"{name} as m{at}" if draw(st.booleans()) else name for at, name in enumerate(modules)]
    return f"import {', '.join(parts)}{draw(COMMENT)}"


OTHERS = st.sampled_from(
    [
        "x = langchain_core.messages.HumanMessage",
        "langchain_core.messages.NoMessage",
        "langchain_core.tools.tool(x . langchain_core.tools)",
        "m0.tool, m1.HumanMessage, n0.AIMessage",
        "y: 'langchain_core.messages.HumanMessage' = 'langchain_core.tools'",
        "z = lambda langchain_core: langchain_core.messages",
        "if x :  pass   # odd",
        "s = '''\n  langchain_core\n'''",
    ]
)


@st.composite
def sources(draw):
    """A file of imports and other statements, at the top and in functions."""
    lines = draw(st.lists(from_imports() | plain_imports() | OTHERS, max_size=8))
    text = ""
    for at, line in enumerate(lines):
        if draw(st.booleans()):
            text += f"def f{at}():\n    {line}\n" if "\n" not in line else f"{line}\n"
        else:
            text += f"{line}\n"
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def other_tokens(source):
    """The tokens outside of imports, with the roots of either library made equal."""
    spans = [
        (node.lineno, node.end_lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    named = {root: ours for root, ours in ROOTS.items() if "." not in ours}
    return [
        (token.type, named.get(token.string, token.string))
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline)
        if not any(start <= token.start[0] <= end for start, end in spans)
    ]


def bound(source):
    """What the imports of a source bind: each name, and the name that it had."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [(alias.asname or alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.asname, alias.asname) for alias in node.names if alias.asname]
    return sorted(found)


def run_imports_of_ferrule(source):
    """Run every import that names ferrule."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("ferrule"):
            exec(ast.unparse(node), {})
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("ferrule"):
                    importlib.import_module(alias.name)


@given(sources())
def test_only_imports_change(source):
    """A second pass finds nothing; other tokens and bound names stay; what is ferrule's is there.

    Of the tokens outside of imports, the roots of dotted uses alone may change.
    """
    inventory = Inventory(models=True)
    once = rewrite_source(source, inventory)
    twice = rewrite_source(once.source, inventory)
    assert twice.source == once.source
    assert {note.name for note in twice.notes} == {note.name for note in once.notes}
    assert other_tokens(once.source) == other_tokens(source)
    assert bound(once.source) == bound(source)
    run_imports_of_ferrule(once.source)
