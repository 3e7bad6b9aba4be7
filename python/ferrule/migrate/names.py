"""What ferrule offers under the names of the libraries that programs come from.

Nothing is listed here: ferrule itself is asked, by importing its modules and reading their names.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Inventory"]

_CORE = {"langchain_core": "ferrule"}
_MODELS = {"langchain_anthropic": "ferrule.anthropic", "langchain_openai": "ferrule.openai"}


class Inventory:
    """Finds modules and names of other libraries in ferrule.

    Args:
        models: Whether the chat models of langchain_anthropic and langchain_openai count too.

    Example:
        >>> inventory = Inventory()
        >>> inventory.module("langchain_core.messages")
        'ferrule.messages'
        >>> inventory.owners("langchain_core.messages", "HumanMessage")
        ['ferrule.messages']
        >>> inventory.owners("langchain_core.vectorstores", "VectorStore")
        []
    """

    def __init__(self, *, models: bool = False) -> None:
        self.roots = {**_CORE, **_MODELS} if models else dict(_CORE)

    def knows(self, dotted: str) -> bool:
        """Tell whether a module belongs to one of the libraries."""
        return dotted.partition(".")[0] in self.roots

    def module(self, dotted: str) -> str | None:
        """Return the module of ferrule that stands for a module of theirs."""
        ours = self._translated(dotted)
        return None if "._" in ours or _load(ours) is None else ours

    def owners(self, module: str, name: str) -> list[str]:
        """Return the modules of ferrule from which a name of their module can be imported.

        First the one at the same place, then packages around it that offer the name: where a
        name is defined is each library's own business. Names with a leading underscore are not
        offered to anybody, so they are not found.
        """
        ours = self._translated(module)
        found = [ours] if self.offers(ours, name) else []
        around = ours.rpartition(".")[0]
        while "." in around:
            if name in getattr(_load(around), "__all__", ()):
                found.append(around)
            around = around.rpartition(".")[0]
        return found

    def offers(self, ours: str, name: str) -> bool:
        """Tell whether a module of ferrule has a public name, be it a submodule."""
        loaded = _load(ours)
        if loaded is None or name.startswith("_"):
            return False
        # `dir` knows the names of packages that load them when they are read.
        return name in dir(loaded) or self._is_module(ours, name)

    def is_separate(self, ours: str, name: str) -> bool:
        """Tell whether a name is that of a submodule that importing the module may not load."""
        return name not in getattr(_load(ours), "__all__", ()) and self._is_module(ours, name)

    @staticmethod
    def _is_module(ours: str, name: str) -> bool:
        return _load(f"{ours}.{name}") is not None

    def _translated(self, dotted: str) -> str:
        root, dot, rest = dotted.partition(".")
        return self.roots[root] + dot + rest


@functools.cache
def _load(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
