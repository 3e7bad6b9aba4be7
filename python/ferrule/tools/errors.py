"""What tools raise, and what becomes of it when a tool is told to answer instead of failing."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, TypeVar

from ferrule.interop.failures import raise_as_both
from ferrule.interop.recognition import Recognising

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=Exception)


class ToolException(Exception, Recognising, ABC):  # noqa: N818  the documented name
    """A failure that a tool reports to the model.

    Raised in a tool whose `handle_tool_error` is set, it becomes the tool's answer and the run
    goes on; otherwise it propagates like any other exception.
    """


raise_as_both(ToolException)


class SchemaAnnotationError(TypeError):
    """`args_schema` of a tool class is annotated with a model where a model's type is meant."""


def answer_to(error: E, policy: bool | str | Callable[[E], Any], otherwise: str) -> Any:
    """Return what a tool answers when it failed with `error`.

    Args:
        error: The failure.
        policy: The tool's setting: True, the text to answer with, or a function of the error.
        otherwise: The answer for True when the error says nothing.

    Raises:
        TypeError: If the setting is none of these.
    """
    if policy is True:
        return error.args[0] if error.args else otherwise
    if isinstance(policy, str):
        return policy
    if callable(policy):
        return policy(error)
    msg = f"How to handle an error is set by a bool, a str or a callable, not by {policy!r}."
    raise TypeError(msg)
