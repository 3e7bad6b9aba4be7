"""Who imports whom in the package, read from the sources: every form of import counts."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.meta import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

_CORE = "ferrule._core"


@dataclass(frozen=True, order=True)
class Import:
    """One module that one line of another names.

    `by_name` says that the name is a string, so the import happens when somebody asks for it.
    """

    source: str
    line: int
    target: str
    type_only: bool
    in_function: bool
    by_name: bool

    def __str__(self) -> str:
        """Show the import as a reader would look for it."""
        return f"{self.source}:{self.line} -> {self.target}"


class _Collector(ast.NodeVisitor):
    """Collects the modules and names that a module asks for."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.package = module if is_package else module.rpartition(".")[0]
        self.found: list[tuple[int, str, str | None, bool, bool, bool]] = []
        self.type_only = False
        self.in_function = False
        self.by_name = False

    def _within(self, flag: str, nodes: list[ast.stmt]) -> None:
        before = getattr(self, flag)
        setattr(self, flag, True)
        for node in nodes:
            self.visit(node)
        setattr(self, flag, before)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            self._within("type_only", node.body)
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._within("in_function", node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _add(self, node: ast.AST, module: str, name: str | None = None) -> None:
        if module.partition(".")[0] == "ferrule":
            line = getattr(node, "lineno", 0)
            flags = (self.type_only, self.in_function, self.by_name)
            self.found.append((line, module, name, *flags))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            parts = self.package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1])
            module = f"{base}.{module}" if module else base
        for alias in node.names:
            self._add(node, module, alias.name)

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in {"import_module", "__import__", "attach", "later"}:
            self.by_name = True
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    self._add(node, part.value)
            self.by_name = False
        self.generic_visit(node)


def _owners() -> dict[tuple[str, str], str]:
    """Map (package, public name) to the submodule that defines it, as the index files say."""
    owners = {}
    for module, path in sources.modules().items():
        if path.name == "__init__.py":
            collector = _Collector(module, is_package=True)
            collector.visit(sources.tree(path))
            for _, target, name, *_ in collector.found:
                if name is not None:
                    owners[module, name] = target
    return owners


def is_index(module: str) -> bool:
    """Tell whether a module is a package's index of public names."""
    return sources.modules()[module].name == "__init__.py"


@functools.cache
def all_imports() -> list[Import]:
    """List the first-party imports of every module but the index files.

    A name that is imported from a package counts as imported from the submodule that the
    package's index names: reading it loads that one.
    """
    known, owners = {*sources.modules(), _CORE}, _owners()

    def resolve(module: str, name: str | None) -> str:
        if f"{module}.{name}" in known:
            return f"{module}.{name}"
        seen = set()
        while (module, name or "") in owners and module not in seen:
            seen.add(module)
            module = owners[module, name or ""]
        return module

    def walk() -> Iterator[Import]:
        for module, path in sources.modules().items():
            if is_index(module):
                continue
            collector = _Collector(module, is_package=False)
            collector.visit(sources.tree(path))
            for line, target, name, *flags in collector.found:
                yield Import(module, line, resolve(target, name), *flags)

    return sorted({entry for entry in walk() if entry.source != entry.target})


def cycles(imports: list[Import]) -> list[list[str]]:
    """Find the sets of modules that import each other (Tarjan's algorithm)."""
    graph: dict[str, set[str]] = {}
    for entry in imports:
        graph.setdefault(entry.source, set()).add(entry.target)
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = [stack.pop()]
            while component[-1] != node:
                component.append(stack.pop())
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found
