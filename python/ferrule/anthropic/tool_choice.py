"""Which of the bound tools the model is to use, as the Messages API takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.hosted import check_tool_choice, check_tool_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["to_tool_choice"]

_CHOICES = {"auto": "auto", "any": "any", "required": "any", "none": "none"}


def to_tool_choice(
    choice: Mapping[str, Any] | str | bool | None,
    tools: Sequence[Mapping[str, Any]],
    *,
    parallel: bool | None,
) -> dict[str, Any] | None:
    """Convert a choice of tool; None leaves it to the service.

    Args:
        choice: `auto`, `any` (or `required`, or True), `none`, the name of one of `tools`, or a
            dictionary in the API's or in OpenAI's form.
        tools: The tools in the API's form.
        parallel: Whether the model may ask for several tools at once.

    Raises:
        TypeError: If `choice` is something else.
        ValueError: If `choice` is a name that no tool has, or a dictionary in neither form.
    """
    check_tool_choice(choice)
    chosen: dict[str, Any] | None
    if isinstance(choice, str):
        chosen = {"type": _CHOICES[choice]} if choice in _CHOICES else _named(choice, tools)
    elif isinstance(choice, bool):
        chosen = {"type": "any"} if choice else None
    elif choice is not None and choice.get("type") == "function":
        chosen = _named(choice["function"]["name"], tools)
    else:
        chosen = None if choice is None else dict(choice)
    if parallel is not None:
        chosen = chosen or {"type": "auto"}
        if chosen["type"] != "none":
            chosen["disable_parallel_tool_use"] = not parallel
    return chosen


def _named(name: str, tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    check_tool_name(name, [tool.get("name") for tool in tools])
    return {"type": "tool", "name": name}
