"""Lets the reference show what a class has from modules that no page shows.

The methods of `Runnable`, for instance, are inherited from several; those of a run manager are
the core's, under other names (`on_text = RunHandle.aon_text`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import griffe

if TYPE_CHECKING:
    from collections.abc import Iterator


class Inherited(griffe.Extension):
    """Shows such a method with the class that it was written for."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Give the classes of the reference their methods, once all are known."""
        shown = {each.path: each for each in _public_classes(pkg)}
        core = {m.path: m for c in pkg["_core"].classes.values() for m in c.functions.values()}
        for each in shown.values():
            for name, value in [(n, getattr(m, "value", None)) for n, m in each.members.items()]:
                if isinstance(value, griffe.ExprAttribute) and value.canonical_path in core:
                    each.members[name] = griffe.Alias(name, core[value.canonical_path], parent=each)
            bases = each.mro()
            elsewhere = {
                inherited.path
                for base in bases
                if base.path in shown
                for inherited in [base, *base.mro()]
            }
            for base in bases:
                if base.path not in elsewhere:
                    for name, member in base.members.items():
                        own = each.members.setdefault(name, griffe.Alias(name, member, parent=each))
                        own.docstring = own.docstring or member.docstring


def _public_classes(pkg: griffe.Module) -> Iterator[griffe.Class]:
    for module in pkg.modules.values():
        if module.is_private:
            continue
        for name in module.exports or ():
            member = module.members[str(name)]
            if member.is_class:
                yield member.final_target if isinstance(member, griffe.Alias) else member
