"""What is to change in a file: read from its imports and from how their names are used."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst.helpers import get_full_name_for_node_or_raise
from libcst.metadata import ParentNodeProvider, PositionProvider, ScopeProvider
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ferrule.migrate.names import Inventory

__all__ = ["Note", "Plan", "Planner"]

_ABSENT = "ferrule does not have it"
_NOT_LOADED = "no import of this file loads its module"
_STAR = "a star does not say which names are used"
_STRING = "strings are not changed"


@dataclass(frozen=True, order=True)
class Note:
    """Something that stays as it is although it names the other library.

    Attributes:
        line: Where, counted from 1.
        name: The dotted name.
        reason: Why it stays.
    """

    line: int
    name: str
    reason: str


@dataclass
class Plan:
    """The changes of one file, by node of its syntax tree.

    Attributes:
        froms: `from` import -> the modules that its names come from then, in order.
        imports: Name of an `import` -> the modules that take its place.
        roots: First name of a dotted use -> what takes its place.
        notes: What stays.
    """

    froms: dict[cst.CSTNode, dict[str, list[cst.ImportAlias]]] = field(default_factory=dict)
    imports: dict[cst.CSTNode, list[str]] = field(default_factory=dict)
    roots: dict[cst.CSTNode, str] = field(default_factory=dict)
    notes: set[Note] = field(default_factory=set)


@dataclass
class _Plain:
    """One `import a.b` without `as`: the statement, its name, and the module that it loads."""

    statement: cst.Import
    alias: cst.ImportAlias
    dotted: str


class Planner(cst.CSTVisitor):
    """Makes the plan of a file, in one walk over its tree."""

    METADATA_DEPENDENCIES = (ParentNodeProvider, PositionProvider, ScopeProvider)

    def __init__(self, inventory: Inventory) -> None:
        super().__init__()
        self.plan = Plan()
        self._inventory = inventory
        self._plain: dict[str, list[_Plain]] = defaultdict(list)
        # The dots of a name in an f-string may be followed by a part that is computed.
        roots = "|".join(inventory.roots)
        self._named = re.compile(rf"(?:{roots})(?:\.\w*)*")

    # --------------------------------------------------------------- imports, one by one

    @override
    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if node.relative or node.module is None:
            return
        module = get_full_name_for_node_or_raise(node.module)
        if not self._inventory.knows(module):
            return
        if isinstance(node.names, cst.ImportStar):
            self._note(node, f"{module}.*", _STAR)
            return
        owners = {alias: self._owners(node, module, alias) for alias in node.names}
        common = self._common([found for found in owners.values() if found])
        places: dict[str, list[cst.ImportAlias]] = defaultdict(list)
        for alias, found in owners.items():
            places[(common or found[0]) if found else module].append(alias)
        if places.keys() != {module}:
            # What stays comes last.
            self.plan.froms[node] = dict(sorted(places.items(), key=lambda one: one[0] == module))

    def _owners(self, node: cst.ImportFrom, module: str, alias: cst.ImportAlias) -> list[str]:
        """Return the modules that a name may be imported from; none if it has to stay."""
        name = alias.evaluated_name
        owners = self._inventory.owners(module, name)
        if not owners:
            self._note(alias, f"{module}.{name}")
            return []
        if not self._inventory.is_separate(owners[0], name):
            return owners  # a class, a function, ...: the same whole
        bound = alias.evaluated_alias or name
        return owners if self._serves(node, alias, bound, f"{module}.{name}") else []

    @staticmethod
    def _common(owners: list[list[str]]) -> str | None:
        """Return the module that has all of several names, if there is one."""
        first, *others = owners or [[]]
        return next((one for one in first if all(one in found for found in others)), None)

    @override
    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            dotted = alias.evaluated_name
            if not self._inventory.knows(dotted):
                continue
            if alias.asname is None:
                self._plain[dotted.partition(".")[0]].append(_Plain(node, alias, dotted))
                continue
            ours = self._inventory.module(dotted)
            if ours is None:
                self._note(alias, dotted)
            elif self._serves(node, alias, alias.evaluated_alias or "", dotted):
                self.plan.imports[alias] = [ours]

    def _serves(
        self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias, bound: str, dotted: str
    ) -> bool:
        """Tell whether ferrule's module has all that the file reads from theirs by a short name."""
        objections = {
            used[0]: reason
            for root in self._roots(node, [bound])
            if (used := self._parts(root)[1:])
            and (reason := self._objection(dotted, used[0])) is not None
        }
        for name, reason in objections.items():
            self._note(alias, f"{dotted}.{name}", reason)
        return not objections

    def _objection(self, module: str, name: str) -> str | None:
        """Say why a name in a module of theirs cannot be read from ferrule's; None if it can."""
        ours = self._inventory.module(module)
        if ours is None or not self._inventory.offers(ours, name):
            return _ABSENT
        return _NOT_LOADED if self._inventory.is_separate(ours, name) else None

    # ------------------------------------------------------------- uses of dotted imports

    @override
    def leave_Module(self, original_node: cst.Module) -> None:
        """Decide on the imports by dotted name, which share their first name."""
        for root, group in self._plain.items():
            self._decide(root, group)

    def _decide(self, root: str, group: list[_Plain]) -> None:
        loaded = {
            prefix
            for one in group
            if self._inventory.module(one.dotted)
            for prefix in _prefixes(one.dotted)
        }
        uses = [[*self._roots(one.statement, _prefixes(one.dotted))] for one in group]
        moves = {use: self._moves(use, root, loaded) for own in uses for use in own}
        for one, own in zip(group, uses, strict=True):
            ours = self._inventory.module(one.dotted)
            if ours is None:
                self._note(one.alias, one.dotted)
                continue
            stays = not all(moves[use] for use in own)
            needed = not stays or any(moves[use] for use in own)
            modules = [ours] * needed + [one.dotted] * stays
            if modules != [one.dotted]:
                self.plan.imports[one.alias] = modules

    def _moves(self, use: cst.CSTNode, root: str, loaded: set[str]) -> bool:
        """Plan a use of a dotted name; return whether it is one of ferrule then."""
        if isinstance(use, cst.SimpleString):
            # A quoted annotation, which may say anything with the name.
            self._note(use, str(use.evaluated_value), _STRING)
            return False
        parts = self._parts(use)
        reason = self._objection_to_use(parts, loaded)
        if reason is not None:
            self._note(use, ".".join(parts), reason)
            return False
        self.plan.roots[use] = self._inventory.roots[root]
        return True

    def _objection_to_use(self, parts: list[str], loaded: set[str]) -> str | None:
        """Say why a use of a dotted name cannot have its first name replaced; None if it can."""
        module, *rest = parts
        while rest and f"{module}.{rest[0]}" in loaded:
            module = f"{module}.{rest.pop(0)}"
        if rest:
            return self._objection(module, rest[0])
        return None if self._inventory.module(module) else _ABSENT

    def _roots(
        self, node: cst.Import | cst.ImportFrom, names: Iterable[str]
    ) -> Iterator[cst.CSTNode]:
        """Find the first names of all uses of what an import binds, and strings that use it."""
        scope: Any = self.get_metadata(ScopeProvider, node)
        for name in names:
            for assignment in scope[name]:
                if getattr(assignment, "node", None) is node:
                    for access in assignment.references:
                        use = access.node
                        while isinstance(use, cst.Attribute):
                            use = use.value
                        if not _is_shadowed(use, access.scope):
                            yield use

    def _parts(self, root: cst.CSTNode) -> list[str]:
        """Return the whole dotted name that begins with a name."""
        parts = [root.value] if isinstance(root, cst.Name) else []
        below, above = root, self.get_metadata(ParentNodeProvider, root, None)
        while isinstance(above, cst.Attribute) and above.value is below:
            parts.append(above.attr.value)
            below, above = above, self.get_metadata(ParentNodeProvider, above, None)
        return parts

    # ---------------------------------------------------------------------------- strings

    @override
    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self._note_string(node, node.evaluated_value)

    @override
    def visit_FormattedStringText(self, node: cst.FormattedStringText) -> None:
        self._note_string(node, node.value)

    def _note_string(self, node: cst.CSTNode, value: str | bytes) -> None:
        if isinstance(value, str) and self._named.fullmatch(value):
            self._note(node, value, _STRING)

    def _note(self, node: cst.CSTNode, name: str, reason: str = _ABSENT) -> None:
        position: Any = self.get_metadata(PositionProvider, node)
        self.plan.notes.add(Note(position.start.line, name, reason))


def _is_shadowed(use: cst.CSTNode, scope: Any) -> bool:
    """Tell whether a name is that of a parameter or variable although an import has it too.

    Scopes look dotted names up as a whole, so they do not see that the first one is shadowed.
    """
    if not isinstance(use, cst.Name):
        return False
    bound = [getattr(assignment, "node", None) for assignment in scope[use.value]]
    return not any(isinstance(node, (cst.Import, cst.ImportFrom)) for node in bound)


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
