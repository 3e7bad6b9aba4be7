"""Lists of tools as text, for prompts."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ferrule.tools.base import BaseTool

ToolsRenderer = Callable[[list["BaseTool"]], str]
"""Turns tools into text."""


def render_text_description(tools: list[BaseTool]) -> str:
    """List the tools, one per line, with their signatures and descriptions.

    Example:
        >>> from ferrule.tools import tool
        >>> @tool
        ... def add(x: int) -> int:
        ...     '''Add one.'''
        ...     return x + 1
        >>> render_text_description([add])
        'add(x: int) -> int - Add one.'
    """
    return "\n".join(map(_line, tools))


def render_text_description_and_args(tools: list[BaseTool]) -> str:
    """List the tools as `render_text_description` does, with the schema of the arguments."""
    return "\n".join(f"{_line(tool)}, args: {tool.args}" for tool in tools)


def _line(tool: BaseTool) -> str:
    func = getattr(tool, "func", None)
    return f"{tool.name}{_signature(func) if func else ''} - {tool.description}"


def _signature(func: Callable[..., Any]) -> str:
    try:
        return str(signature(func, eval_str=True))
    except Exception:  # noqa: BLE001  an annotation is any expression; it may raise anything
        return str(signature(func))
