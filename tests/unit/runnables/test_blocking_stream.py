"""Blocking iterators, read by async code in threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ferrule.runnables.blocking_stream import iterate_in_thread


class Numbers:
    """Yields numbers, from the second on only when it may; tells by which threads."""

    def __init__(self):
        self.goes_on = threading.Event()
        self.asked = threading.Event()
        self.threads = set()
        self.closed = 0
        self._next = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.threads.add(threading.get_ident())
        self._next += 1
        if self._next == 2:
            self.asked.set()
            self.goes_on.wait(10)
        if self._next == 4:
            raise StopIteration
        return self._next

    def close(self):
        self.threads.add(threading.get_ident())
        self.closed += 1


def test_items_come_in_order_and_from_threads():
    """All items are yielded, none of them fetched by the loop's thread."""
    numbers = Numbers()
    numbers.goes_on.set()

    async def read():
        return [number async for number in iterate_in_thread(lambda: numbers)]

    assert asyncio.run(read()) == [1, 2, 3]
    assert threading.get_ident() not in numbers.threads


def test_closing_closes_the_blocking_iterator():
    """A reader that leaves early has the iterator closed, in a thread."""
    numbers = Numbers()

    async def read():
        stream = iterate_in_thread(lambda: numbers)
        assert await anext(stream) == 1
        await stream.aclose()

    asyncio.run(read())
    assert numbers.closed == 1
    assert threading.get_ident() not in numbers.threads


def test_a_cancelled_fetch_is_waited_for_and_the_iterator_closed():
    """Nobody goes on reading behind a cancellation, and what was opened is closed."""
    numbers = Numbers()

    async def read():
        async for _ in iterate_in_thread(lambda: numbers):
            pass

    async def main():
        task = asyncio.create_task(read())
        await asyncio.to_thread(numbers.asked.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        numbers.goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert numbers.closed == 1

    asyncio.run(main())
