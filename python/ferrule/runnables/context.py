"""Carry the scope of the caller into threads; the executors that do so are in `executor`."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from ferrule._core import set_scope
from ferrule.callbacks.workers import call_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Executor
    from contextvars import Context

    from typing_extensions import ParamSpec

    from ferrule.runnables.config import RunnableConfig

    P = ParamSpec("P")

T = TypeVar("T")


@contextmanager
def set_config_context(config: RunnableConfig) -> Generator[Context, None, None]:
    """Make a copy of the current context in which calls inherit from a config.

    What is called with `context.run` inherits the config's callbacks (with their parent run),
    tags, metadata and configurable values, as if it were called from inside such a run.
    """
    context = copy_context()
    context.run(set_scope, config)
    yield context


async def run_in_executor(
    executor_or_config: Executor | RunnableConfig | None,
    func: Callable[P, T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Call a blocking function in a thread, in a copy of the current context.

    A thread cannot be stopped: a cancellation is raised when the function is through.

    Args:
        executor_or_config: The executor to use. A config or `None`: the one that the application
            gave the running loop, else a worker thread of ferrule's.
        func: The function.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What the function returns.

    Raises:
        RuntimeError: The function raised `StopIteration`, which a future cannot carry.

    Example:
        >>> import asyncio
        >>> asyncio.run(run_in_executor(None, divmod, 7, 2))
        (3, 1)
    """
    context = copy_context()

    def call() -> T:
        try:
            return context.run(func, *args, **kwargs)
        except StopIteration as error:
            msg = f"{func!r} raised StopIteration, which cannot leave a thread."
            raise RuntimeError(msg) from error

    # A config is told by being a dictionary: the class of executors takes 4 ms to import.
    given: Any = executor_or_config
    return await call_in_thread(call, None if isinstance(given, dict) else given)
