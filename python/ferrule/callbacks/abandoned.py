"""What happens to async streams that nobody reads to the end: as for async generators.

CPython lets an event loop take care of its async generators through two hooks (PEP 525). The
core's streams are no generators, so they ask the loop by the same hooks.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

__all__ = ["aclose", "aclose_all", "adopt", "close_now", "drain"]


def adopt(stream: Any) -> Callable[[Any], None] | None:
    """Let the running loop close the stream when the loop is shut down.

    Returns:
        What the loop does with a stream that is let go, whichever thread lets it go.
    """
    hooks = sys.get_asyncgen_hooks()
    if hooks.firstiter is not None:
        hooks.firstiter(stream)
    return hooks.finalizer


def close_now(stream: Any, finalizer: Callable[[Any], None] | None) -> None:
    """Have a stream closed that was let go; without a loop, step its closing by hand."""
    if finalizer is not None:
        finalizer(stream)
        return
    closing = stream.aclose()
    with suppress(StopIteration):
        closing.send(None)


async def drain(inputs: AsyncIterator[Any]) -> None:
    """Read a stream to its end."""
    async for _ in inputs:
        pass


async def aclose(stream: Any) -> None:
    """Close an async iterator that can be closed."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


async def aclose_all(streams: Sequence[Any]) -> None:
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
