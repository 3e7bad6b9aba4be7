"""Type variables and aliases that the modules of this package share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Concatenate

    from ferrule.runnables.config import RunnableConfig
    from ferrule.tracers.schemas import Run

# With defaults, a runnable whose types cannot be inferred takes and gives anything: a parallel of
# lambdas, for one.
Input = TypeVar("Input", contravariant=True, default=Any)
Output = TypeVar("Output", covariant=True, default=Any)
Other = TypeVar("Other", default=Any)

if TYPE_CHECKING:
    # Lambdas fit the first form, functions that take a config or run manager the second.
    Function: TypeAlias = Callable[[Input], Output] | Callable[Concatenate[Input, ...], Output]
    Listener: TypeAlias = Callable[[Run], None] | Callable[[Run, RunnableConfig], None]
    AsyncListener: TypeAlias = (
        Callable[[Run], Awaitable[None]] | Callable[[Run, RunnableConfig], Awaitable[None]]
    )
    ExceptionTypes: TypeAlias = tuple[type[BaseException], ...]
