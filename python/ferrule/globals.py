"""Process-wide switches: debug, verbose, and the cache of language models.

The core keeps the debug switch, which it asks at every run; models read the verbose switch when
they are made. Both take effect for what starts after the change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule import _core

if TYPE_CHECKING:
    from ferrule.caches import BaseCache

__all__ = [
    "get_debug",
    "get_llm_cache",
    "get_verbose",
    "set_debug",
    "set_llm_cache",
    "set_verbose",
]

_verbose = False
_llm_cache: BaseCache | None = None


def set_debug(value: bool) -> None:
    """Print every event of every run that starts from now on, or stop doing so.

    Raises:
        TypeError: The value is neither true nor false.
    """
    _core.set_debug(_checked("debug", value))


def get_debug() -> bool:
    """Return whether every event is printed.

    Example:
        >>> get_debug()
        False
    """
    return _core.get_debug()


def set_verbose(value: bool) -> None:
    """Print the main steps of models that are made from now on, or stop doing so.

    Raises:
        TypeError: The value is neither true nor false.
    """
    global _verbose  # noqa: PLW0603  the switch is the module's state
    _verbose = _checked("verbose", value)


def get_verbose() -> bool:
    """Return whether the main steps are printed."""
    return _verbose


def set_llm_cache(value: BaseCache | None) -> None:
    """Answer repeated prompts of all models that set no cache of their own from `value`.

    `None` turns the common cache off.

    Raises:
        TypeError: It is no cache, which can look up and update, or a class instead of an instance.
    """
    given: Any = value
    if isinstance(given, type):
        msg = f"{given.__name__} is a class; the cache is an instance: {given.__name__}()."
        raise TypeError(msg)
    if given is not None and not (hasattr(given, "lookup") and hasattr(given, "update")):
        msg = (
            f"The cache of language models is a BaseCache or None, but got {given!r} "
            f"({type(given).__name__})."
        )
        raise TypeError(msg)
    global _llm_cache  # noqa: PLW0603  the switch is the module's state
    _llm_cache = value


def get_llm_cache() -> BaseCache | None:
    """Return the common cache of language models, if one is set."""
    return _llm_cache


def _checked(switch: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    msg = f"The {switch} switch is True or False, but got {value!r} ({type(value).__name__})."
    raise TypeError(msg)
