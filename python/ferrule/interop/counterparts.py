"""Which class of langchain-core a class of ferrule stands for.

Packages and public names of the two are the same, so that a class is found by its name in the
package of the same name. Nothing is imported for it: whoever asks whether an object is one of
langchain-core's messages has its messages loaded.
"""

from __future__ import annotations

import sys

__all__ = ["STANDS_FOR", "counterpart", "home", "is_data", "is_ours"]

STANDS_FOR = "_ferrule_stands_for"
"""Attribute of a twin (see `guises`): the class that the twinned class of ferrule stands for."""

_SHARED = frozenset(
    {
        "agents",
        "caches",
        "callbacks",
        "chat_history",
        "documents",
        "example_selectors",
        "exceptions",
        "language_models",
        "load",
        "messages",
        "output_parsers",
        "outputs",
        "prompt_values",
        "prompts",
        "rate_limiters",
        "retrievers",
        "runnables",
        "tools",
    }
)

_DATA = frozenset({"agents", "documents", "messages", "outputs", "prompt_values"})
"""Packages whose classes are nothing but their fields, which are the same in both libraries."""

# What composes runnables is seen as nothing but a runnable: langchain-core takes a sequence of its
# own apart, and looks into its bindings, by their private methods.
_ONLY = {
    "load": frozenset({"Serializable"}),
    "runnables": frozenset({"Runnable", "RunnableConfig"}),
}

_ELSEWHERE = {
    "BaseMessagePromptTemplate": "langchain_core.prompts.chat",
    "DirectlyInjectedToolArg": "langchain_core.tools.base",
    "ToolOutputMixin": "langchain_core.messages.tool",
}
"""Classes that langchain-core does not show in the package of the same name."""

_RENAMED = {
    "DirectlyInjectedToolArg": "_DirectlyInjectedToolArg",
    "FerruleError": "LangChainException",
}
"""Classes that have another name in langchain-core."""


def is_ours(cls: type) -> bool:
    """Tell whether ferrule defines the class."""
    return cls.__module__.startswith("ferrule.")


def is_data(cls: type) -> bool:
    """Tell whether ferrule defines the class, and its objects are nothing but their fields."""
    return is_ours(cls) and cls.__module__.split(".")[1] in _DATA


def home(cls: type) -> str | None:
    """Return the module of langchain-core that could have a class for this one of ferrule's."""
    package = cls.__module__.split(".")[1]
    if package not in _SHARED or cls.__name__ not in _ONLY.get(package, {cls.__name__}):
        return None
    return _ELSEWHERE.get(cls.__name__, f"langchain_core.{package}")


def counterpart(cls: type) -> type | None:
    """Return the class of langchain-core that one of ferrule's stands for, if it is loaded."""
    place = home(cls)
    module = None if place is None else sys.modules.get(place)
    found = getattr(module, _RENAMED.get(cls.__name__, cls.__name__), None)
    return found if isinstance(found, type) else None
