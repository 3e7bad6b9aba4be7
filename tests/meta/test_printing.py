"""A library is silent: it prints only where printing is what was asked for."""

from __future__ import annotations

import ast

from tests.meta import sources

# Module -> what it prints, and for whom.
PRINTERS = {
    "ferrule.__main__": "the demo's lines",
    "ferrule.callbacks.stdout": "StdOutCallbackHandler",
    "ferrule.messages.base": "BaseMessage.pretty_print",
    "ferrule.runnables.graph.model": "Graph.print_ascii",
    "ferrule.tracers.stdout": "ConsoleCallbackHandler",
}


def prints(tree: ast.Module) -> list[int]:
    """List the lines that call `print`, or hand it on to be called."""
    return [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "print"
    ]


def test_only_declared_modules_print() -> None:
    """`print` appears in no module but the declared ones."""
    wrong = {
        f"{module}:{line}"
        for module, path in sources.modules().items()
        if module not in PRINTERS
        for line in prints(sources.tree(path))
    }
    assert not wrong, sorted(wrong)


def test_declared_modules_do_print() -> None:
    """A module that no longer prints leaves the list."""
    modules = sources.modules()
    silent = [m for m in PRINTERS if m not in modules or not prints(sources.tree(modules[m]))]
    assert not silent, f"take these off the list: {silent}"
