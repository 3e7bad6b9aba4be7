"""Functions on conversations that are also steps of a chain."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, Protocol, TypeAlias, TypeVar, cast, overload

from typing_extensions import ParamSpec

from ferrule._lazy import later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ferrule.messages.base import BaseMessage
    from ferrule.messages.convert import MessageLikeRepresentation
    from ferrule.prompt_values import PromptValue
    from ferrule.runnables import Runnable

    Conversation: TypeAlias = Iterable[MessageLikeRepresentation] | PromptValue

__all__ = ["also_runnable"]

P = ParamSpec("P")
R = TypeVar("R", covariant=True)

# Runnables lie above messages; a function meets them only when it is used as a step.
_later = later(__name__, {"ferrule.runnables": "RunnableLambda"})


class _AlsoRunnable(Protocol[P, R]):
    @overload
    def __call__(
        self, messages: None = None, *args: P.args, **kwargs: P.kwargs
    ) -> Runnable[Any, R]: ...
    @overload
    def __call__(self, messages: Conversation, *args: P.args, **kwargs: P.kwargs) -> R: ...


def also_runnable(
    func: Callable[Concatenate[Conversation, P], list[BaseMessage]],
) -> _AlsoRunnable[P, list[BaseMessage]]:
    """Let `func`, called without messages, return itself as a runnable with these options."""

    @functools.wraps(func)
    def on_messages(messages: Conversation | None = None, *args: Any, **kwargs: Any) -> Any:
        if messages is not None:
            return func(messages, *args, **kwargs)
        step = functools.partial(func, *args, **kwargs)
        return _later("RunnableLambda")(step, name=func.__name__)

    return cast("_AlsoRunnable[P, list[BaseMessage]]", on_messages)
