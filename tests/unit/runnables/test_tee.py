from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ferrule.runnables.tee import atee, tee

from .conftest import collect


def test_branches_read_at_their_own_pace():
    """Every branch gets every item, however far ahead another one is."""
    first, second = tee(iter("abc"), 2)
    assert [next(first), next(first)] == ["a", "b"]
    assert list(second) == ["a", "b", "c"]
    assert list(first) == ["c"]


def test_the_source_is_read_once_by_many_threads():
    """Branches read by threads at once see the same items in the same order."""
    pulled = []

    def source():
        for i in range(200):
            pulled.append(i)
            yield i

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(list, tee(source(), 4)))
    assert results == [list(range(200))] * 4
    assert pulled == list(range(200))


def test_a_failing_source_fails_in_every_branch():
    """A failure of the source is no silent end for the branches that did not meet it."""

    def source():
        yield 1
        raise KeyError("gone")

    for branch in tee(source(), 2):
        assert next(branch) == 1
        with pytest.raises(KeyError, match="gone"):
            next(branch)


def test_closed_branches_keep_nothing():
    """Items are kept only for branches that are still open."""

    class Item:
        alive = 0

        def __init__(self):
            Item.alive += 1

        def __del__(self):
            Item.alive -= 1

    closed, read = tee((Item() for _ in range(50)), 2)
    next(closed)
    closed.close()
    for _ in read:
        pass
    del _
    assert Item.alive <= 1


def test_async_branches(run):
    """Async branches share a source as sync ones do, also its failure."""

    async def source():
        yield 1
        yield 2
        raise KeyError("gone")

    async def read():
        first, second = atee(source(), 2)
        assert [await first.__anext__(), await first.__anext__()] == [1, 2]
        for branch in (first, second):
            with pytest.raises(KeyError):
                await collect(branch)

    run(read())
