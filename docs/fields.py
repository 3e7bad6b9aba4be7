"""Lets the reference show fields whose name and type say all there is to say.

Without a docstring they would be left out, and a dict would seem to lack keys.
"""

from __future__ import annotations

from typing import Any

import griffe


class Fields(griffe.Extension):
    """Gives each public field without a docstring an empty one."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Go through the fields of one class, once its members are known."""
        for field in cls.attributes.values():
            if field.annotation is None or "property" in field.labels:
                continue
            if field.is_public and not field.docstring:
                field.docstring = griffe.Docstring("", parent=field)
