"""What a callable is and accepts: asked once, when a runnable is built around it.

Plain functions are read off their code object; `inspect`, whose import costs more than building
a thousand runnables, is loaded for other callables only.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

from ferrule._core import RunnableBase

if TYPE_CHECKING:
    from collections.abc import Callable

# What a function that names these parameters is passed besides its input.
_PASSED = frozenset({"config", "run_manager"})

_VARARGS = 0x04
_GENERATOR = 0x20
_COROUTINE = 0x80 | 0x100  # `async def`, and generators that `types.coroutine` marked
_ASYNC_GENERATOR = 0x200

_MADE_BY_RUNNABLES = {
    _COROUTINE: frozenset(("ainvoke", "abatch")),
    _GENERATOR: frozenset(("stream", "transform", "batch_as_completed")),
    _ASYNC_GENERATOR: frozenset(("astream", "atransform", "abatch_as_completed")),
}
"""Methods of runnables that are no coroutine or generator functions, but return such objects."""


class Shape(NamedTuple):
    """What a call of a function may pass."""

    positional: int | None
    """How many positional arguments it takes; `None`: any number."""
    required: tuple[str, ...]
    """Parameters without default that only a positional argument can fill."""
    keywords: frozenset[str]
    """Names that can be passed by keyword."""
    first: str | None
    """The parameter that the first positional argument fills, if it has a name."""


def shape_of(func: Callable[..., Any]) -> Shape | None:
    """Read the parameters of a callable; `None` if it does not tell (some builtins).

    Wrappers made with `functools.wraps` count as the function that they wrap.
    """
    skipped = 0
    plain: Any = func
    if type(plain) is MethodType:
        plain, skipped = plain.__func__, 1
    if type(plain) is FunctionType and not plain.__dict__:
        code = plain.__code__
        names = code.co_varnames
        defaults = len(plain.__defaults__ or ())
        positional = code.co_argcount - skipped
        return Shape(
            None if code.co_flags & _VARARGS else positional,
            names[skipped : min(code.co_posonlyargcount, code.co_argcount - defaults)],
            frozenset(names[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]),
            names[skipped] if positional > 0 else None,
        )
    return _inspected_shape(func)


def _inspected_shape(func: Callable[..., Any]) -> Shape | None:
    from inspect import Parameter, signature  # noqa: PLC0415  see the module's docstring

    try:
        parameters = signature(func).parameters.values()
    except (ValueError, TypeError):
        return None
    by_position = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    by_keyword = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    endless = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    return Shape(
        None if endless else sum(p.kind in by_position for p in parameters),
        tuple(
            p.name
            for p in parameters
            if p.kind is Parameter.POSITIONAL_ONLY and p.default is Parameter.empty
        ),
        frozenset(p.name for p in parameters if p.kind in by_keyword),
        next((p.name for p in parameters if p.kind in by_position), None),
    )


def accepts(func: Callable[..., Any], name: str) -> bool:
    """Tell whether a callable has a parameter of this name that a keyword can fill."""
    shape = shape_of(func)
    return shape is not None and name in shape.keywords


def accepts_config(func: Callable[..., Any]) -> bool:
    """Tell whether a callable names the parameter `config`."""
    return accepts(func, "config")


def accepts_run_manager(func: Callable[..., Any]) -> bool:
    """Tell whether a callable names the parameter `run_manager`."""
    return accepts(func, "run_manager")


def accepts_context(func: Callable[..., Any]) -> bool:
    """Tell whether a callable names the parameter `context`."""
    return accepts(func, "context")


def position_of(func: Callable[..., Any], name: str) -> int | None:
    """Find which positional argument fills a parameter; `None` if only a keyword does."""
    from inspect import Parameter, signature  # noqa: PLC0415  see the module's docstring

    parameters = signature(func).parameters
    if parameters[name].kind is Parameter.KEYWORD_ONLY:
        return None
    return list(parameters).index(name)


def check_takes_input(func: Callable[..., Any]) -> None:
    """Refuse a function that cannot be called with one input.

    Further parameters may be filled by keyword (`bind`, or the call), so only those count that
    no keyword can fill.

    Raises:
        TypeError: It takes no positional argument, needs more than one, or has the input's place
            for what is passed by keyword.
    """
    shape = shape_of(func)
    if shape is None:
        return
    if shape.positional == 0:
        problem = "takes no positional argument, so it cannot be given the input"
    elif len(shape.required) > 1:
        others = ", ".join(repr(name) for name in shape.required[1:])
        problem = f"needs {others} besides the input, which only a positional argument can fill"
    elif shape.first in _PASSED and shape.first in shape.keywords:
        problem = f"has {shape.first!r} where the input belongs, and is passed it by keyword"
    else:
        return
    msg = f"{describe(func)} {problem}. A step is called with one positional argument."
    raise TypeError(msg)


def describe(func: Callable[..., Any]) -> str:
    """Name a callable with its signature, for messages to people.

    Example:
        >>> def greet(name, *, loud=False): ...
        >>> describe(greet)
        'greet(name, *, loud=False)'
    """
    from inspect import signature  # noqa: PLC0415  see the module's docstring

    name = getattr(func, "__qualname__", None) or repr(func)
    try:
        return name.rpartition("<locals>.")[2] + str(signature(func))
    except (ValueError, TypeError):
        return str(name)


def _has_flags(func: Any, flags: int) -> bool:
    while isinstance(func, partial):
        func = func.func
    is_of_runnable = isinstance(getattr(func, "__self__", None), RunnableBase)
    if is_of_runnable and func.__name__ in _MADE_BY_RUNNABLES[flags]:
        return True
    if getattr(func, "__code__", None) is None:
        # An object that is called through its class; mocks of functions pose as functions.
        func = getattr(type(func), "__call__", func)  # noqa: B004  looked up on the type
    code = getattr(func, "__code__", None)
    if code is not None and code.co_flags & flags:
        return True
    # `inspect.markcoroutinefunction` (Python 3.12) marks sync functions that return coroutines.
    return flags == _COROUTINE and hasattr(func, "_is_coroutine_mark")


def is_async_callable(func: Any) -> bool:
    """Tell whether calling this makes a coroutine."""
    return _has_flags(func, _COROUTINE)


def is_async_generator(func: Any) -> bool:
    """Tell whether calling this makes an async generator."""
    return _has_flags(func, _ASYNC_GENERATOR)


def is_generator(func: Any) -> bool:
    """Tell whether calling this makes a (sync) generator."""
    return _has_flags(func, _GENERATOR) and not is_async_callable(func)
