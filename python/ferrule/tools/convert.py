"""The makers of tools, under langchain-core's path."""

from __future__ import annotations

from ferrule.tools.decorator import tool
from ferrule.tools.from_runnable import convert_runnable_to_tool

__all__ = [
    "convert_runnable_to_tool",
    "tool",
]
