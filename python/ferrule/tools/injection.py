"""Arguments that the model does not choose: markers for them, and how they are found.

An argument is injected when its annotation carries `InjectedToolArg` (or a subclass of it), as
an instance or as a class: `Annotated[str, InjectedToolArg]`.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC
from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from typing_extensions import get_annotations, get_type_hints

from ferrule.interop.annotations import Marker
from ferrule.interop.guises import Guised
from ferrule.interop.recognition import Recognising
from ferrule.runnables.config import RunnableConfig, ensure_config, patch_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic.fields import FieldInfo

_MAKERS = ("__new__", "__init__")

RUN_ARGS = ("run_manager", "callbacks")
"""Parameter names that a tool's function uses to reach its run; no schema shows them."""


class InjectedToolArg(Guised, Recognising, metaclass=Marker):
    """Mark an argument that the caller of the tool passes and the model never sees.

    Example:
        >>> from typing import Annotated
        >>> from ferrule.tools import InjectedToolArg, tool
        >>> @tool
        ... def balance(account: str, user: Annotated[str, InjectedToolArg]) -> str:
        ...     '''Look up a balance.'''
        ...     return f"{user}: {account} holds 7"
        >>> list(balance.args)
        ['account']
        >>> balance.invoke({"account": "main", "user": "ada"})
        'ada: main holds 7'
    """


class InjectedToolCallId(InjectedToolArg):
    """Mark the argument that receives the id of the tool call being answered."""


class DirectlyInjectedToolArg(Recognising, ABC):
    """Base of types whose arguments are injected because of the type alone."""


def is_injected(annotation: Any, marker: type[InjectedToolArg] = InjectedToolArg) -> bool:
    """Whether an annotation marks an injected argument of this kind."""
    if marker is InjectedToolArg and _is_direct(annotation):
        return True
    return get_origin(annotation) is Annotated and _marked(get_args(annotation)[1:], marker)


def is_injected_field(field: FieldInfo, marker: type[InjectedToolArg] = InjectedToolArg) -> bool:
    """Whether a model's field is an injected argument of this kind."""
    if marker is InjectedToolArg and _is_direct(field.annotation):
        return True
    return _marked(field.metadata, marker)


def _marked(notes: Iterable[Any], marker: type[InjectedToolArg]) -> bool:
    return any(
        isinstance(note, marker) or (isinstance(note, type) and issubclass(note, marker))
        for note in notes
    )


def _is_direct(annotation: Any) -> bool:
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, DirectlyInjectedToolArg)


def annotations_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Resolve the annotation of each parameter; one that cannot be resolved stays as written.

    Raises:
        ValueError: If the function has no signature, as some built-in ones.
    """
    source = _annotated_function(function)
    written = get_annotations(source)
    try:
        hints = get_type_hints(source, include_extras=True)
    except Exception:  # noqa: BLE001  an annotation is any expression; it may raise anything
        hints = {name: _resolved(hint, source) for name, hint in written.items()}
    for name, parameter in inspect.signature(function).parameters.items():
        # A signature that was set by hand counts more than what the function itself says.
        hint = parameter.annotation
        if hint is not parameter.empty and hint is not written.get(name):
            hints[name] = _resolved(hint, source)
    return hints


def _resolved(hint: Any, source: Any) -> Any:
    def holder() -> None: ...

    holder.__annotations__ = {"it": hint}
    try:
        names = getattr(source, "__globals__", {})
        return get_type_hints(holder, globalns=names, include_extras=True)["it"]
    except Exception:  # noqa: BLE001  an annotation is any expression; it may raise anything
        return hint


def _annotated_function(function: Any) -> Any:
    """Find what carries the annotations behind a partial, a method, a class or an instance."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if inspect.isclass(function):
        return _constructor(function)
    if not inspect.isroutine(function):
        return getattr(type(function), "__call__", function)  # noqa: B004  looked up on the type
    return function


def _constructor(cls: type) -> Any:
    """Find what takes the arguments when a class is called, as `inspect.signature` does."""
    own = type(cls).__call__
    if own is not type.__call__:
        return own
    makers = [vars(base)[n] for base in cls.__mro__ for n in _MAKERS if n in vars(base)]
    return inspect.unwrap(getattr(makers[0], "__func__", makers[0]))


def config_parameter(hints: dict[str, Any]) -> str | None:
    """Name of the parameter annotated with `RunnableConfig` (or that or None)."""
    for name, hint in hints.items():
        choices = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
        if RunnableConfig in choices and name != "return":
            return name
    return None


@dataclass(frozen=True)
class CallFacts:
    """What the function behind a tool wants beside the arguments that the model chose."""

    run_manager: bool
    callbacks: bool
    config: str | None
    injected: frozenset[str]
    call_id: frozenset[str]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> CallFacts:
        """Read the facts off a function's signature."""
        try:
            parameters = inspect.signature(function).parameters
        except ValueError:  # some built-in functions have no signature
            return cls(False, False, None, frozenset(), frozenset())
        hints = {k: v for k, v in annotations_of(function).items() if k in parameters}
        injected = {name for name, hint in hints.items() if is_injected(hint)}
        return cls(
            run_manager="run_manager" in parameters,
            callbacks="callbacks" in parameters,
            config=config_parameter(hints),
            injected=frozenset(injected),
            call_id=frozenset(
                name
                for name in injected
                if name == "tool_call_id" or is_injected(hints[name], InjectedToolCallId)
            ),
        )

    @property
    def tied(self) -> bool:
        """Whether the function wants anything of its run."""
        return self.run_manager or self.callbacks or self.config is not None

    def supply(self, run_manager: Any, config: RunnableConfig | None) -> dict[str, Any]:
        """Make the keyword arguments that tie what the function calls to the tool's run."""
        given: dict[str, Any] = {}
        if self.run_manager:
            given["run_manager"] = run_manager
        if self.callbacks:
            given["callbacks"] = run_manager.get_child()
        if self.config:
            given[self.config] = patch_config(
                ensure_config(config), callbacks=run_manager.get_child()
            )
        return given
