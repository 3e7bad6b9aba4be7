"""Let several branches read one stream, each at its own pace.

The source is read once. An item is kept only until every branch that is still open has taken
it, and a failure of the source is raised in every branch.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

T = TypeVar("T")


class _Shared(Generic[T]):
    """What the branches have in common: their queues, and how the source ended."""

    def __init__(self, branches: int) -> None:
        self.queues: list[deque[T] | None] = [deque() for _ in range(branches)]
        self.ended = False
        self.failure: BaseException | None = None

    def put(self, item: T) -> None:
        for queue in self.queues:
            if queue is not None:
                queue.append(item)

    def end(self, failure: BaseException | None = None) -> None:
        self.ended = True
        self.failure = failure


def tee(source: Iterator[T], branches: int) -> list[Iterator[T]]:
    """Split a stream into iterators that different threads may read.

    Example:
        >>> first, second = tee(iter([1, 2]), 2)
        >>> list(first), list(second)
        ([1, 2], [1, 2])
    """
    shared: _Shared[T] = _Shared(branches)
    reading = Lock()

    def branch(number: int, queue: deque[T]) -> Iterator[T]:
        try:
            while True:
                while queue:
                    yield queue.popleft()
                with reading:
                    if queue:
                        continue
                    if shared.ended:
                        break
                    try:
                        shared.put(next(source))
                    except StopIteration:
                        shared.end()
                    except BaseException as error:  # noqa: BLE001  raised in each branch
                        shared.end(error)
            if shared.failure is not None:
                raise shared.failure
        finally:
            shared.queues[number] = None

    return [branch(i, queue) for i, queue in enumerate(shared.queues) if queue is not None]


def atee(source: AsyncIterator[T], branches: int) -> list[AsyncIterator[T]]:
    """Split an async stream into iterators that different tasks may read."""
    from asyncio import CancelledError, Lock as TaskLock  # noqa: PLC0415  sync programs need no asyncio

    shared: _Shared[T] = _Shared(branches)
    reading = TaskLock()

    async def branch(number: int, queue: deque[T]) -> AsyncIterator[T]:
        try:
            while True:
                while queue:
                    yield queue.popleft()
                async with reading:
                    if queue:
                        continue
                    if shared.ended:
                        break
                    try:
                        shared.put(await source.__anext__())
                    except StopAsyncIteration:
                        shared.end()
                    except CancelledError:
                        # Only this branch's task was cancelled; the others may read on.
                        raise
                    except BaseException as error:  # noqa: BLE001  raised in each branch
                        shared.end(error)
            if shared.failure is not None:
                raise shared.failure
        finally:
            shared.queues[number] = None

    return [branch(i, queue) for i, queue in enumerate(shared.queues) if queue is not None]
