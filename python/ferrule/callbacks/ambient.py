"""Handlers for the duration of a `with` block."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ferrule.callbacks.registry import register_configure_hook

if TYPE_CHECKING:
    from collections.abc import Generator

    from ferrule.callbacks.handlers import BaseCallbackHandler

__all__ = ["AmbientHandlers"]


class AmbientHandlers:
    """Lets every run that is opened inside a block be heard by a handler.

    Blocks may be nested; each one's handler hears what runs inside it. There is one context
    variable per depth of nesting, registered when first needed: any number of blocks after each
    other needs one.

    Args:
        name: What the context variables are named after.
        inheritable: Whether child runs inherit the handlers.
    """

    def __init__(self, name: str, *, inheritable: bool) -> None:
        self._name = name
        self._inheritable = inheritable
        self._variables: list[ContextVar[BaseCallbackHandler | None]] = []
        self._lock = threading.Lock()

    @contextmanager
    def installed(self, handler: BaseCallbackHandler) -> Generator[None, None, None]:
        """Let the handler hear what runs inside the block."""
        variable = self._unused_variable()
        token = variable.set(handler)
        try:
            yield
        finally:
            variable.reset(token)

    def _unused_variable(self) -> ContextVar[BaseCallbackHandler | None]:
        with self._lock:
            for variable in self._variables:
                if variable.get() is None:
                    return variable
            made: ContextVar[BaseCallbackHandler | None] = ContextVar(
                f"{self._name}_{len(self._variables)}", default=None
            )
            register_configure_hook(made, self._inheritable)
            self._variables.append(made)
            return made
