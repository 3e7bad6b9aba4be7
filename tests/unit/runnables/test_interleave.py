from __future__ import annotations

import asyncio
import gc
import sysconfig
import threading
import time
import traceback
import weakref
from contextvars import ContextVar

import pytest

from ferrule.runnables.interleave import ainterleave, interleave, started

var: ContextVar[int] = ContextVar("var", default=0)


def closing(log, name, items):
    try:
        yield from items
    finally:
        log.append(name)


def test_every_chunk_of_every_stream_is_yielded_in_its_order():
    """The chunks of one stream keep their order, and none is lost."""
    streams = {"a": iter([1, 2, 3]), "b": iter([]), "c": iter([4])}
    got = list(interleave(streams))
    assert [chunk for name, chunk in got if name == "a"] == [1, 2, 3]
    assert [chunk for name, chunk in got if name == "c"] == [4]


def test_streams_are_advanced_at_once():
    """Two streams that wait for each other get on."""
    barrier = threading.Barrier(2, timeout=5)

    def meets(value):
        barrier.wait()
        yield value

    assert sorted(interleave({"a": meets(1), "b": meets(2)})) == [("a", 1), ("b", 2)]


def test_early_close_closes_all_streams():
    """When `close` returns, every stream has been closed."""
    log: list[str] = []
    stream = interleave({n: closing(log, n, range(1000)) for n in "ab"})
    seen = set()
    while seen != {"a", "b"}:
        seen.add(next(stream)[0])
    stream.close()
    assert sorted(log) == ["a", "b"]


def test_a_failing_stream_closes_the_others():
    """The failure is raised after the other streams were closed."""
    log: list[str] = []

    def fails():
        raise ValueError("broken")
        yield

    with pytest.raises(ValueError, match="broken"):
        list(interleave({"a": closing(log, "a", [1, 2, 3]), "b": fails()}, 1))
    # With one worker the first chunk of "a" was made before "b" failed.
    assert log == ["a"]


def test_each_stream_keeps_its_own_context():
    """What a stream sets in a context variable it finds again, and nobody else does."""

    def counting():
        for _ in range(3):
            var.set(var.get() + 1)
            yield var.get()

    got = list(interleave({"a": counting(), "b": counting()}))
    assert sorted(chunk for _, chunk in got) == [1, 1, 2, 2, 3, 3]
    assert var.get() == 0


def test_a_started_stream_is_made_while_the_block_runs():
    """The first chunk is made in the background; leaving the block closes the stream."""
    log: list[str] = []
    made = threading.Event()

    def source():
        try:
            made.set()
            yield 1
            yield 2
        finally:
            log.append("closed")

    with started(source()) as chunks:
        assert made.wait(5)
        assert next(chunks) == 1
    assert log == ["closed"]


def test_streams_one_after_the_other_have_the_same_threads():
    """Threads stay for the next stream, also for those that are made inside of one."""
    seen = set()

    def names():
        seen.add(threading.current_thread())
        yield 1

    def nested():
        yield from interleave({"c": names(), "d": names()})

    for _ in range(20):
        list(interleave({"a": names(), "b": nested()}))
        with started(names()) as chunks:
            list(chunks)
    workers = seen - {threading.main_thread()}
    assert 1 <= len(workers) <= 6
    assert {worker.name for worker in workers} == {"ferrule-worker"}


def test_a_stream_goes_on_when_its_chunk_was_taken():
    """Nothing is made ahead of the consumer but the next chunk of each stream."""
    made = []

    def numbers():
        for number in range(5):
            made.append(number)
            yield number

    stream = interleave({"a": numbers()})
    assert next(stream) == ("a", 0)
    assert made == [0]
    assert next(stream) == ("a", 1)
    assert made == [0, 1]
    stream.close()


def test_no_more_at_once_than_is_said():
    """With a limit of two, three streams take turns."""
    now, peak, lock = [0], [0], threading.Lock()

    def stream():
        for _ in range(5):
            with lock:
                now[0] += 1
                peak[0] = max(peak[0], now[0])
            time.sleep(0.001)
            with lock:
                now[0] -= 1
            yield 1

    got = list(interleave({name: stream() for name in "abc"}, 2))
    assert sorted(got) == sorted((name, 1) for name in "abc" for _ in range(5))
    assert peak == [2]


def test_without_threads_to_be_had(monkeypatch):
    """The system's refusal is raised, and every stream is closed."""

    def refuse(self):
        raise RuntimeError("no thread")

    monkeypatch.setattr("ferrule.callbacks.threads._idle", [])
    monkeypatch.setattr("threading.Thread.start", refuse)
    log: list[str] = []

    class Stream:
        def __next__(self):
            raise AssertionError("advanced")

        def close(self):
            log.append("closed")

    with pytest.raises(RuntimeError, match="no thread"):
        list(interleave({"a": Stream(), "b": Stream()}))
    with pytest.raises(RuntimeError, match="no thread"), started(Stream()):
        pass
    assert log == ["closed"] * 3


def test_a_failure_is_kept_by_nobody():
    """What a stream raises is let go of with the last reference to it."""

    class Failure(Exception):
        pass

    def fails():
        raise Failure
        yield

    gc.disable()
    try:
        try:
            list(interleave({"a": fails()}))
        except Failure as error:
            gone = weakref.ref(error)
            raised_by = traceback.extract_tb(error.__traceback__)[-1].name
        assert raised_by == "fails"
        if sysconfig.get_config_var("Py_GIL_DISABLED"):
            gc.collect()  # what another thread made goes when that thread runs, or this
        assert gone() is None
    finally:
        gc.enable()


def test_async_streams_are_advanced_at_once_and_closed_early(run):
    """Tasks wait for each other; `aclose` cancels and closes what is left."""
    log: list[str] = []

    async def slow(name, event, other):
        try:
            event.set()
            await other.wait()
            yield name
            await asyncio.Event().wait()
        finally:
            log.append(name)

    async def use():
        one, two = asyncio.Event(), asyncio.Event()
        stream = ainterleave({"a": slow("a", one, two), "b": slow("b", two, one)})
        got = {await stream.__anext__(), await stream.__anext__()}
        await stream.aclose()
        return got

    assert run(use()) == {("a", "a"), ("b", "b")}
    assert sorted(log) == ["a", "b"]


def test_async_failure_cancels_the_others_first(run):
    """The others are cancelled, awaited and closed before the failure is raised."""
    log: list[str] = []

    async def waits():
        try:
            await asyncio.Event().wait()
            yield
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    async def fails():
        await asyncio.sleep(0)
        raise ValueError("broken")
        yield

    async def use():
        with pytest.raises(ValueError, match="broken"):
            async for _ in ainterleave({"a": waits(), "b": fails()}):
                pass
        return list(log)

    assert run(use()) == ["cancelled"]
