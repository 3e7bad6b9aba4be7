"""Executors whose threads see the scope of the caller."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextvars import Context

    from typing_extensions import ParamSpec

    from ferrule.runnables.config import RunnableConfig

    P = ParamSpec("P")

__all__ = ["ContextThreadPoolExecutor", "get_executor_for_config"]

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
