"""Carry the scope of the caller into threads: executors and `run_in_executor`."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ferrule._core import set_scope
from ferrule.callbacks.settling import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextvars import Context

    from typing_extensions import ParamSpec

    from ferrule.runnables.config import RunnableConfig

    P = ParamSpec("P")

T = TypeVar("T")


class ContextThreadPoolExecutor(ThreadPoolExecutor):
    """Run each submitted call in a copy of the context of the thread that submitted it.

    What a call sets in its context variables is seen by no other call.

    Example:
        >>> from contextvars import ContextVar
        >>> user = ContextVar("user", default="nobody")
        >>> _ = user.set("ada")
        >>> with ContextThreadPoolExecutor() as executor:
        ...     executor.submit(user.get).result()
        'ada'
    """

    def submit(self, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Schedule one call; the returned future holds its result or exception."""
        return super().submit(copy_context().run, partial(func, *args, **kwargs))

    def map(self, fn: Callable[..., T], *iterables: Iterable[Any], **kwargs: Any) -> Iterator[T]:
        """Schedule one call per tuple of arguments; results come in the order of the arguments.

        `timeout` (seconds) and `chunksize` are as in `concurrent.futures.Executor.map`.
        """
        caller: Context = copy_context()

        def call(*args: Any) -> T:
            # A context can be entered by one thread at a time, hence a copy for each call.
            return caller.copy().run(fn, *args)

        return super().map(call, *iterables, **kwargs)


@contextmanager
def get_executor_for_config(config: RunnableConfig | None) -> Generator[Executor, None, None]:
    """Open an executor with as many threads as the config's `max_concurrency`.

    Leaving the `with` block waits for everything that was submitted.
    """
    workers = (config or {}).get("max_concurrency")
    with ContextThreadPoolExecutor(max_workers=workers) as executor:
        yield executor


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

    Args:
        executor_or_config: The executor to use. A config or `None`: the running loop's own.
        func: The function.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What the function returns.

    A thread cannot be stopped: a cancellation is raised when the function is through.

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

    executor = executor_or_config if isinstance(executor_or_config, Executor) else None
    return await run_in_thread(call, executor)
