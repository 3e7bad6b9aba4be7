"""Ambient handlers: how a handler in a context variable joins every run that is opened.

Used by everything that collects for the duration of a `with` block (`collect_runs`,
`get_usage_metadata_callback`) and by third-party tracers.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from ferrule import _core
from ferrule.interop.ambient import share_hook

if TYPE_CHECKING:
    from ferrule.callbacks.handlers import BaseCallbackHandler

__all__ = ["register_configure_hook"]


def register_configure_hook(
    context_var: ContextVar[Any | None],
    inheritable: bool,
    handle_class: type[BaseCallbackHandler] | None = None,
    env_var: str | None = None,
) -> None:
    """Let the handler in a context variable take part in every run.

    The registration lasts as long as the process, so make it once, at module level; what is in
    the variable is looked at each time a run is opened. Registered handlers
    come after all that were given explicitly. With `handle_class`, a run that already has a
    handler of this class gets no second one.

    Args:
        context_var: Holds the handler, or None.
        inheritable: Whether child runs hear the handler, too.
        handle_class: The handlers' class; made without arguments where `env_var` asks for one.
        env_var: The environment variable that, when set to something true, asks for a handler
            even though the context variable has none.

    Raises:
        ValueError: If `env_var` is given without `handle_class`.
        TypeError: If an argument has the wrong type.

    Example:
        >>> from contextvars import ContextVar
        >>> from ferrule.callbacks import BaseCallbackHandler
        >>> audit = ContextVar("audit", default=None)
        >>> register_configure_hook(audit, inheritable=True)
        >>> token = audit.set(BaseCallbackHandler())  # from here on it hears every run
        >>> audit.reset(token)
    """
    if not isinstance(cast("object", context_var), ContextVar):
        msg = f"context_var must be a contextvars.ContextVar, not {context_var!r}."
        raise TypeError(msg)
    if handle_class is not None and not isinstance(cast("object", handle_class), type):
        msg = f"handle_class must be a class, not {handle_class!r}."
        raise TypeError(msg)
    if env_var is not None and handle_class is None:
        msg = (
            f"env_var={env_var!r} needs a handle_class: "
            "the class of the handler that is made when the variable is set."
        )
        raise ValueError(msg)
    _core.register_configure_hook(context_var, inheritable, handle_class, env_var)
    share_hook(context_var, inheritable, handle_class, env_var)
