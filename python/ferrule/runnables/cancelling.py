"""Cancel tasks, and be sure that they have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Collection


async def cancel_all(tasks: Collection[Future[Any]]) -> None:
    """Cancel tasks and wait until all have ended; how they end is nobody's concern any more.

    Raises:
        asyncio.CancelledError: The caller was cancelled meanwhile; raised when the tasks have
            ended, so that no run outlives the one around it.
    """
    import asyncio  # noqa: PLC0415  sync programs need no asyncio

    for task in tasks:
        task.cancel()
    interruption: asyncio.CancelledError | None = None
    while running := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError as error:  # noqa: PERF203  the wait goes on
            interruption = error
    for task in tasks:
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not report it
    if interruption is not None:
        raise interruption
