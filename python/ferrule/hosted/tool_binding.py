"""The rules that every provider's `bind_tools` keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_tool_choice", "check_tool_name", "tool_list"]


def tool_list(tools: Any) -> list[Any]:
    """List the tools that are to be bound.

    Raises:
        TypeError: If it is a single tool, or nothing that can be listed.
    """
    # A tool of ferrule is a pydantic model, and can be iterated: over its fields.
    if isinstance(tools, Iterable) and not isinstance(tools, (str, Mapping, BaseModel)):
        return list(tools)
    msg = f"tools is a list, got {tools!r} ({type(tools).__name__}); put a single tool into a list."
    raise TypeError(msg)


def check_tool_choice(choice: Any) -> None:
    """Refuse what is no choice of a tool in any provider's form.

    Raises:
        TypeError: If it is neither a name, nor a truth value, nor a dictionary.
        ValueError: If it is a dictionary without a type.
    """
    if choice is None or isinstance(choice, (str, bool)):
        return
    forms = "pass the name of a tool, 'auto', 'any', 'none', True, or a dict with a 'type'"
    if not isinstance(choice, Mapping):
        msg = f"tool_choice={choice!r} ({type(choice).__name__}) chooses no tool: {forms}."
        raise TypeError(msg)
    if not isinstance(choice.get("type"), str):
        msg = f"tool_choice={choice!r} chooses no tool: {forms}."
        raise ValueError(msg)  # noqa: TRY004  its type is missing


def check_tool_name(name: str, known: Sequence[str | None]) -> None:
    """Raise `ValueError` when a choice names none of the bound tools."""
    if name not in known:
        msg = (
            f"tool_choice={name!r} is none of the tools {known}; name one of them, "
            "or pass 'auto', 'any' or 'none'."
        )
        raise ValueError(msg)
