"""Batches of what an iterable yields."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["batch_iterate", "check_size"]

T = TypeVar("T")


def batch_iterate(size: int | None, iterable: Iterable[T]) -> Iterator[list[T]]:
    """Yield the items in lists of `size`, the last one possibly shorter; None: all in one list.

    Raises:
        ValueError: If the size is not positive.

    Example:
        >>> list(batch_iterate(2, [1, 2, 3]))
        [[1, 2], [3]]
    """
    check_size(size)
    items = iter(iterable)
    while batch := list(islice(items, size)):
        yield batch


def check_size(size: int | None) -> None:
    """Refuse a size of batches that is not positive."""
    if size is not None and size < 1:
        msg = f"The size of a batch is a positive number or None, not {size}."
        raise ValueError(msg)
