"""`@chain`: turn a function into a runnable where it is defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ferrule.runnables.lambda_ import RunnableLambda

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from ferrule.runnables._typing import Function, Input, Output


@overload
def chain(
    func: Function[Input, AsyncIterator[Output]],
) -> RunnableLambda[Input, Output]: ...
@overload
def chain(
    func: Function[Input, Coroutine[Any, Any, Output]],
) -> RunnableLambda[Input, Output]: ...
@overload
def chain(
    func: Function[Input, Iterator[Output]],
) -> RunnableLambda[Input, Output]: ...
@overload
def chain(
    func: Function[Input, Output],
) -> RunnableLambda[Input, Output]: ...
def chain(func: Callable[..., Any]) -> RunnableLambda[Any, Any]:
    """Make a runnable of a function, named after it.

    Whatever the function runs becomes a child of its own run.

    Example:
        >>> @chain
        ... def add_one(x: int) -> int:
        ...     return x + 1
        >>> (add_one | add_one).invoke(1)
        3
    """
    return RunnableLambda(func)
