"""Which of the bound tools the model is to use, as Chat Completions takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.hosted import check_tool_choice, check_tool_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["to_tool_choice"]

_CHOICES = {"auto": "auto", "any": "required", "required": "required", "none": "none"}


def to_tool_choice(
    choice: Mapping[str, Any] | str | bool | None, tools: Sequence[Mapping[str, Any]]
) -> str | dict[str, Any] | None:
    """Convert a choice of tool; None leaves it to the service.

    Args:
        choice: The name of one of `tools`, `auto`, `any` (or `required`, or True), `none`, or a
            dictionary in the API's or in Anthropic's form.
        tools: The tools in the API's form.

    Raises:
        TypeError: If `choice` is something else.
        ValueError: If `choice` is a name that no tool has, or a dictionary in neither form.
    """
    check_tool_choice(choice)
    if choice is None or choice is False:
        return None
    if choice is True:
        return "required"
    names = [tool.get("function", tool).get("name") for tool in tools]
    if isinstance(choice, str):
        if choice in _CHOICES and choice not in names:
            return _CHOICES[choice]
        return _named(choice, names)
    kind = choice.get("type")
    if kind == "tool":
        return _named(choice["name"], names)
    return _CHOICES[kind] if kind in _CHOICES else dict(choice)


def _named(name: str, names: Sequence[str | None]) -> dict[str, Any]:
    check_tool_name(name, names)
    return {"type": "function", "function": {"name": name}}
