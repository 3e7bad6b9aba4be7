"""Await several coroutines with a limit on how many are at work at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def gated_coro(semaphore: asyncio.Semaphore, coro: Coroutine[Any, Any, Any]) -> Any:
    """Await a coroutine while holding a semaphore."""
    async with semaphore:
        return await coro


async def gather_with_concurrency(n: int | None, *coros: Coroutine[Any, Any, Any]) -> list[Any]:
    """Await coroutines, at most `n` at once; results come in the order of the arguments.

    Example:
        >>> async def double(x):
        ...     return 2 * x
        >>> asyncio.run(gather_with_concurrency(1, double(1), double(2)))
        [2, 4]
    """
    if n is None:
        return list(await asyncio.gather(*coros))
    semaphore = asyncio.Semaphore(n)
    return list(await asyncio.gather(*(gated_coro(semaphore, coro) for coro in coros)))
