"""The one rule that every provider's choice of a tool by name keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_tool_name"]


def check_tool_name(name: str, known: Sequence[str | None]) -> None:
    """Raise `ValueError` when a choice names none of the bound tools."""
    if name not in known:
        msg = (
            f"tool_choice={name!r} is none of the tools {known}; name one of them, "
            "or pass 'auto', 'any' or 'none'."
        )
        raise ValueError(msg)
