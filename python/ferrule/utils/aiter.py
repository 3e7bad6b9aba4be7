"""Batches of what an asynchronous iterable yields."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from ferrule.utils.iter import check_size

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

__all__ = ["abatch_iterate", "aclosing"]

T = TypeVar("T")


async def abatch_iterate(size: int | None, iterable: AsyncIterable[T]) -> AsyncIterator[list[T]]:
    """Yield the items in lists of `size`, as `batch_iterate` does."""
    check_size(size)
    batch: list[T] = []
    async for item in iterable:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
