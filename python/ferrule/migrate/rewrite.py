"""Carries out the plan of a file: new import roots, everything else as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper
from typing_extensions import override

from ferrule.migrate.names import Inventory
from ferrule.migrate.plan import Note, Plan, Planner

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Rewriting", "rewrite_source"]


@dataclass(frozen=True)
class Rewriting:
    """What became of a source.

    Attributes:
        source: The new source; the old one if there was nothing to do.
        notes: What stays on the other library, in the order of lines.
    """

    source: str
    notes: tuple[Note, ...] = ()


def rewrite_source(source: str, inventory: Inventory | None = None) -> Rewriting:
    r"""Switch the imports of a source to ferrule; line ends and formatting are kept.

    An import of several names of which ferrule lacks some becomes two, with the same comments.
    A second pass finds nothing left to do.

    Raises:
        libcst.ParserSyntaxError: If it is no Python.

    Example:
        >>> before = "from langchain_core.messages import HumanMessage  # said by a human\n"
        >>> print(rewrite_source(before).source, end="")
        from ferrule.messages import HumanMessage  # said by a human
    """
    inventory = inventory or Inventory()
    if not any(root in source for root in inventory.roots):
        return Rewriting(source)
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    planner = Planner(inventory)
    wrapper.visit(planner)
    changed = wrapper.module.visit(_Rewriter(planner.plan))
    return Rewriting(changed.code, tuple(sorted(planner.plan.notes)))


class _Rewriter(cst.CSTTransformer):
    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    @override
    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        root = self._plan.roots.get(original_node)
        return updated_node if root is None else _dotted(root, updated_node)

    @override
    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:
        if not any(alias in self._plan.imports for alias in original_node.names):
            return updated_node
        names: list[cst.ImportAlias] = []
        for alias in original_node.names:
            *added, last = self._plan.imports.get(alias, [alias.evaluated_name])
            names += [cst.ImportAlias(_dotted(module), comma=_COMMA) for module in added]
            names.append(alias.with_changes(name=_dotted(last)))
        return updated_node.with_changes(names=names)

    @override
    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.FlattenSentinel[cst.BaseSmallStatement]:
        places = self._plan.froms.get(original_node)
        if places is None or isinstance(original_node.names, cst.ImportStar):
            return updated_node
        last = original_node.names[-1]
        made = [
            updated_node.with_changes(
                module=_dotted(module),
                names=_ended_like(last, names),
                semicolon=cst.MaybeSentinel.DEFAULT,
            )
            for module, names in places.items()
        ]
        made[-1] = made[-1].with_changes(semicolon=updated_node.semicolon)
        return cst.FlattenSentinel(made)

    @override
    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        """Give each part of an import that was split a line of its own, if the whole had one."""
        if len(original_node.body) > 1 or len(updated_node.body) == 1:
            return updated_node
        first, *others = (updated_node.with_changes(body=[part]) for part in updated_node.body)
        return cst.FlattenSentinel([first, *(one.with_changes(leading_lines=()) for one in others)])


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _ended_like(last: cst.ImportAlias, names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    """End a part of a list of names as the whole list ended; comments stay with their names."""
    *before, final = names
    if final is last:
        return [*names]
    comma = last.comma
    if isinstance(final.comma, cst.Comma) and isinstance(comma, cst.Comma):
        after, at_end = final.comma.whitespace_after, comma.whitespace_after
        if isinstance(after, cst.ParenthesizedWhitespace) and isinstance(
            at_end, cst.ParenthesizedWhitespace
        ):
            after = after.with_changes(indent=at_end.indent, last_line=at_end.last_line)
        elif not isinstance(after, cst.ParenthesizedWhitespace):
            after = at_end
        comma = final.comma.with_changes(whitespace_after=after)
    return [*before, final.with_changes(comma=comma)]


def _dotted(name: str, first: cst.Name | None = None) -> cst.Name | cst.Attribute:
    """Make a dotted name; `first` lends its parentheses, if it has some."""
    root, *rest = name.split(".")
    made: cst.Name | cst.Attribute
    made = cst.Name(root) if first is None else first.with_changes(value=root)
    for part in rest:
        made = cst.Attribute(made, cst.Name(part))
    return made
