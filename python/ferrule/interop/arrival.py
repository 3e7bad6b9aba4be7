"""Notice that langchain-core is imported, whenever that happens.

A finder at the head of `sys.meta_path` waits for modules: the package itself, from which on
objects are asked for the classes of its own, and `langchain_core.runnables.config`, whose context
variable holds the current scope of both libraries from then on. If that is first imported inside
a run, the variable gets the scope of this run before anybody reads it.

A third one, `langchain_core.tracers.context`, is told of ferrule's ambient handlers.

The finder goes when all have been imported. An import may fail and come again: where
langchain_text_splitters is installed, the first import of the config module runs into a circle,
which langchain-core passes over (langchain-core 1.7.2, langchain-text-splitters 1.1.3).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ferrule import _core
from ferrule.interop.ambient import share_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["when_loaded"]

_PACKAGE = "langchain_core"
_CONFIG = "langchain_core.runnables.config"
_HOOKS = "langchain_core.tracers.context"

_waiting: list[Callable[[], object]] = []


def when_loaded(act: Callable[[], object]) -> None:
    """Call a function when langchain-core is loaded: now, or once it is."""
    if _PACKAGE in sys.modules:
        act()
    else:
        _waiting.append(act)


def _note_package(module: ModuleType) -> None:
    del module
    _core.langchain_is_loaded()
    while _waiting:
        _waiting.pop()()


def _note_config(module: ModuleType) -> None:
    _core.adopt_scope_variable(module.var_child_runnable_config)


class Arrival:
    """Finds nothing itself; sees to it that something is done once a module has been executed."""

    def __init__(self) -> None:
        self._awaited: dict[str, Callable[[ModuleType], None]] = {
            _PACKAGE: _note_package,
            _CONFIG: _note_config,
            _HOOKS: share_hooks,
        }

    def begin(self) -> None:
        """Note what is loaded already, and wait for the rest."""
        for name in tuple(self._awaited):
            module = sys.modules.get(name)
            if module is not None:
                self._awaited.pop(name)(module)
        if self._awaited:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find an awaited module as the other finders do, and watch its execution."""
        if name not in self._awaited:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None:
                if spec.loader is not None:
                    self._watch(name, spec.loader)
                return spec
        return None

    def _watch(self, name: str, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            act = self._awaited.pop(name, None)
            if act is not None:
                act(module)
            if not self._awaited and self in sys.meta_path:
                sys.meta_path.remove(self)

        loader.exec_module = exec_module
