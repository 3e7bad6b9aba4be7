"""What happens to async streams that nobody reads to the end: as for async generators.

CPython lets an event loop take care of its async generators through two hooks (PEP 525). The
core's streams are no generators, so they ask the loop by the same hooks.

A loop that shuts down closes all that it has heard of at once, side by side. A stream closes what
it reads itself, and its run ends after the runs below it: so the loop hears of the outermost
streams only.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

T = TypeVar("T")

__all__ = ["aclose", "aclose_all", "adopt", "close_now", "drain", "first", "owned"]


def adopt(stream: Any, is_outermost: bool) -> Callable[[Any], None] | None:
    """Let the running loop close a stream, if it is the outermost, when the loop is shut down.

    Returns:
        What the loop does with a stream that is let go, whichever thread lets it go.
    """
    hooks = sys.get_asyncgen_hooks()
    if is_outermost and hooks.firstiter is not None:
        hooks.firstiter(stream)
    return hooks.finalizer


def first(stream: AsyncIterator[T]) -> Awaitable[T]:
    """Ask for the first item of a stream that is closed by its reader, not by the loop."""
    hooks = sys.get_asyncgen_hooks()
    if hooks.firstiter is None:
        return stream.__anext__()
    # A generator looks at the hooks when it is asked, before any of its code runs.
    sys.set_asyncgen_hooks(firstiter=None)
    try:
        return stream.__anext__()
    finally:
        sys.set_asyncgen_hooks(firstiter=hooks.firstiter)


class _Owned:
    """A generator that is closed by its reader, not by the loop."""

    __slots__ = ("_begun", "_stream")

    def __init__(self, stream: AsyncIterator[Any]) -> None:
        self._stream = stream
        self._begun = False

    def __aiter__(self) -> _Owned:
        return self

    def __anext__(self) -> Awaitable[Any]:
        if self._begun:
            return self._stream.__anext__()
        self._begun = True
        return first(self._stream)

    def aclose(self) -> Awaitable[None]:
        return aclose(self._stream)


def owned(stream: AsyncIterator[T]) -> AsyncIterator[T]:
    """Return the stream to be read by who closes it, so that the loop does not."""
    return _Owned(stream) if type(stream) is AsyncGeneratorType else stream


def close_now(stream: Any, finalizer: Callable[[Any], None] | None) -> None:
    """Have a stream closed that was let go; without a loop, step its closing by hand."""
    if (loop := _running()) is not None and getattr(finalizer, "__self__", None) is loop:
        # What asyncio's finalizer does, a turn earlier: at the end of a program there is none.
        _closing_task()(stream.aclose(), loop=loop)
        return
    if finalizer is not None:
        finalizer(stream)
        return
    closing = stream.aclose()
    with suppress(StopIteration):
        closing.send(None)


@cache
def _closing_task() -> type[Task[None]]:
    from asyncio import Task  # noqa: PLC0415  sync programs need no asyncio

    class ClosingTask(Task[None]):
        """Closes a stream, and is waited for by a loop that cancels its tasks and shuts down.

        A closing that is cut short would end the outer runs before the inner ones.
        """

        def cancel(self, msg: Any = None) -> bool:
            return False

    return ClosingTask


def _running() -> AbstractEventLoop | None:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        loop: AbstractEventLoop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    return loop


async def drain(inputs: AsyncIterator[Any]) -> None:
    """Read a stream to its end."""
    async for _ in inputs:
        pass


async def aclose(stream: Any) -> None:
    """Close an async iterator that can be closed."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


async def aclose_all(streams: Iterable[Any]) -> None:
    """Close async iterators one after the other, all of them even if one fails.

    Raises:
        BaseException: The first failure.
    """
    failure: BaseException | None = None
    for stream in streams:
        try:
            await aclose(stream)
        except BaseException as error:  # noqa: BLE001, PERF203  the others are closed first
            failure = failure or error
    if failure is not None:
        raise failure
