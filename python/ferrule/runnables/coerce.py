"""Make a runnable of what people put into a chain: functions, generators, mappings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.base import Runnable
from ferrule.runnables.signature import is_async_generator, is_generator

RunnableLike: TypeAlias = (
    Runnable[Input, Output]
    | Callable[[Input], Output]
    | Callable[[Input], Awaitable[Output]]
    | Callable[[Iterator[Input]], Iterator[Output]]
    | Callable[[AsyncIterator[Input]], AsyncIterator[Output]]
    | Mapping[str, Any]
)
"""What can be a step of a chain."""


def coerce_to_runnable(thing: RunnableLike[Input, Output]) -> Runnable[Input, Any]:
    """Make a runnable of a runnable-like thing; a runnable is returned as it is.

    A generator function becomes a `RunnableGenerator` (it gets the stream of input chunks),
    another callable a `RunnableLambda`, a mapping a `RunnableParallel`.

    Raises:
        TypeError: It is none of these, or a class of runnables instead of an instance.
    """
    given: Any = thing
    if isinstance(given, Runnable):
        return given
    if isinstance(given, type) and issubclass(given, Runnable):
        msg = f"{given.__name__} is a class; a step of a chain is an instance: {given.__name__}()."
        raise TypeError(msg)
    if is_async_generator(given) or is_generator(given):
        return _build.generator(given)
    if callable(given):
        return _build.lambda_(given)
    if isinstance(given, Mapping):
        return _build.parallel(given)
    msg = (
        f"{_short(given)} ({type(given).__name__}) is not a runnable, and no function or "
        "mapping that could become one. A function makes any value a step: lambda _: value."
    )
    raise TypeError(msg)


def check_runnable(given: Any, role: str) -> None:
    """Refuse what is no runnable, where it is given and not where it is used.

    Args:
        given: What is to be a runnable.
        role: What it is for: the beginning of the error's message.

    Raises:
        TypeError: It is something else, or a class of runnables instead of an instance.
    """
    if not isinstance(given, Runnable):
        msg = f"{role} is a runnable, but got {_short(given)} ({type(given).__name__})."
        raise TypeError(msg)


def _short(value: object) -> str:
    text = repr(value)
    limit = 80
    return text if len(text) <= limit else f"{text[:limit]}…"
