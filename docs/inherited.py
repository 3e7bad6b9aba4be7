"""Lets the reference show what a class inherits from bases that no page shows.

The methods of `Runnable`, for instance, come from several modules that users never name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import griffe

if TYPE_CHECKING:
    from collections.abc import Iterator


class Inherited(griffe.Extension):
    """Shows a public member of such a base with the class that it was written for."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Give the classes of the reference what they inherit, once all are known."""
        shown = {each.path: each for each in _public_classes(pkg)}
        for each in shown.values():
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
