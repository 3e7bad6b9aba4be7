"""Tests of response caches."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from ferrule.caches import BaseCache, InMemoryCache
from ferrule.outputs import Generation


def answer(text: str) -> list[Generation]:
    return [Generation(text=text)]


def test_finds_by_prompt_and_model() -> None:
    """An entry is found under its own prompt and model only."""
    cache = InMemoryCache()
    cache.update("q", "m", answer("a"))
    assert cache.lookup("q", "m") == answer("a")
    assert cache.lookup("q", "other") is None
    assert cache.lookup("other", "m") is None


def test_drops_the_oldest_entry() -> None:
    """A full cache drops the entry that was stored first."""
    cache = InMemoryCache(maxsize=2)
    for prompt in ("a", "b", "c"):
        cache.update(prompt, "m", answer(prompt))
    assert [cache.lookup(prompt, "m") is not None for prompt in "abc"] == [False, True, True]


def test_replacing_drops_nothing() -> None:
    """Storing a known key again leaves the other entries of a full cache alone."""
    cache = InMemoryCache(maxsize=2)
    cache.update("a", "m", answer("1"))
    cache.update("b", "m", answer("1"))
    cache.update("b", "m", answer("2"))
    assert cache.lookup("a", "m") == answer("1")
    assert cache.lookup("b", "m") == answer("2")


@pytest.mark.parametrize("size", [0, -1])
def test_refuses_a_size_without_room(size: int) -> None:
    """A cache that could hold nothing is refused, with the size in the message."""
    with pytest.raises(ValueError, match=str(size)):
        InMemoryCache(maxsize=size)


@pytest.mark.parametrize("size", [2.5, "2"])
def test_refuses_a_size_that_is_no_int(size: Any) -> None:
    """The size is compared with a count of entries."""
    with pytest.raises(TypeError, match=rf"maxsize is an int or None, but got {size!r}"):
        InMemoryCache(maxsize=size)


def test_clear_forgets_everything() -> None:
    """A cleared cache knows nothing, and can be filled again."""
    cache = InMemoryCache(maxsize=1)
    cache.update("a", "m", answer("1"))
    cache.clear()
    assert cache.lookup("a", "m") is None
    cache.update("b", "m", answer("2"))
    assert cache.lookup("b", "m") == answer("2")


def test_threads_keep_the_limit() -> None:
    """Many threads storing at once never exceed the limit, and none of them fails."""
    cache = InMemoryCache(maxsize=8)
    failures: list[BaseException] = []

    def store(start: int) -> None:
        try:
            for number in range(start, start + 500):
                cache.update(str(number), "m", answer("x"))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=store, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    known = [cache.lookup(str(1000 * n + k), "m") for n in range(4) for k in range(500)]
    assert sum(found is not None for found in known) == 8


class Blocking(BaseCache):
    """A cache that has only what a subclass must write."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], object] = {}
        self.threads: set[int] = set()

    def lookup(self, prompt, llm_string):
        self.threads.add(threading.get_ident())
        return self.entries.get((prompt, llm_string))

    def update(self, prompt, llm_string, return_val):
        self.threads.add(threading.get_ident())
        self.entries[prompt, llm_string] = return_val

    def clear(self, **kwargs):
        self.threads.add(threading.get_ident())
        self.entries.clear()


def test_async_methods_of_a_blocking_cache_run_in_threads() -> None:
    """A cache without async methods is used from threads, not on the event loop's."""
    cache = Blocking()

    async def use() -> None:
        await cache.aupdate("q", "m", answer("a"))
        assert await cache.alookup("q", "m") == answer("a")
        await cache.aclear()
        assert await cache.alookup("q", "m") is None

    asyncio.run(use())
    assert threading.get_ident() not in cache.threads


def test_async_methods_in_memory() -> None:
    """The async methods of the cache in memory see what the blocking ones do."""
    cache = InMemoryCache()

    async def use() -> None:
        await cache.aupdate("q", "m", answer("a"))
        assert cache.lookup("q", "m") == await cache.alookup("q", "m") == answer("a")
        await cache.aclear()
        assert cache.lookup("q", "m") is None

    asyncio.run(use())
