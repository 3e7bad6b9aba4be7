"""Objects shared by threads, and runs that go back and forth between threads and loops."""

# Bodies are lambdas where the method itself would be given the config: what matters is that
# they pass none on.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ferrule.callbacks import AsyncCallbackHandler, CallbackManager
from ferrule.runnables import RunnableLambda, RunnableParallel
from tests.support.accounts import Accountant, AsyncAccountant
from tests.support.trees import Garden, Points

THREADS = 8


def at_once(work, count=THREADS):
    """Call `work(number)` in several threads that start together; raise what any raised."""
    ready = threading.Barrier(count)

    def run(number):
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


async def _adouble(x):
    await asyncio.sleep(0)
    return 2 * x


double = RunnableLambda(lambda x: 2 * x, _adouble, name="double")
chain = double | RunnableParallel(a=double, b=double) | (lambda both: both["a"] + both["b"])


@pytest.mark.parametrize("make", [Accountant, AsyncAccountant])
def test_one_chain_in_many_threads(make):
    """Threads that share a chain and a handler each get their own results and runs."""
    handler = make()

    def work(number):
        return [chain.invoke(number * 100 + i, {"callbacks": [handler]}) for i in range(20)]

    assert at_once(work) == [[8 * (n * 100 + i) for i in range(20)] for n in range(THREADS)]
    handler.ledger.check()
    roots = [run for run in handler.ledger.runs.values() if run.parent is None]
    assert len(roots) == THREADS * 20
    assert len(handler.ledger.runs) == THREADS * 20 * 6


@pytest.mark.parametrize("make", [Accountant, AsyncAccountant])
def test_one_chain_in_a_loop_per_thread(make):
    """A chain runs in several event loops at once, one in each thread."""
    handler = make()

    async def main(number):
        inputs = [number * 100 + i for i in range(10)]
        return await chain.abatch(inputs, {"callbacks": [handler]})

    results = at_once(lambda number: asyncio.run(main(number)), 4)
    assert results == [[8 * (n * 100 + i) for i in range(10)] for n in range(4)]
    handler.ledger.check()


@pytest.mark.parametrize("make", [Accountant, AsyncAccountant])
def test_batches_in_many_threads(make):
    """Batches of several threads share the helpers, and slot i is item i's."""
    handler = make()

    def work(number):
        return chain.batch(list(range(30)), {"callbacks": [handler], "max_concurrency": 4})

    assert at_once(work, 4) == [[8 * i for i in range(30)]] * 4
    handler.ledger.check()


def test_batches_inside_of_batches():
    """Batches nested several levels deep, more than there are threads, come to an end."""

    def nest(level):
        if level == 0:
            return double
        inner = nest(level - 1)
        return RunnableLambda(lambda x: sum(inner.batch([x] * 6)), name=f"level {level}")

    handler = Accountant()
    assert nest(3).invoke(1, {"callbacks": [handler]}) == 2 * 6**3
    handler.ledger.check()


def test_helpers_wait_for_blocking_items():
    """Items that wait for each other do so at the same time, up to max_concurrency."""
    barrier = threading.Barrier(4, timeout=10)
    meet = RunnableLambda(lambda x: barrier.wait() >= 0)
    assert meet.batch([1] * 4, {"max_concurrency": 4}) == [True] * 4
    assert meet.batch([1] * 4, {"max_concurrency": 4}) == [True] * 4
    parallel = RunnableParallel(dict.fromkeys("abcd", meet))
    assert parallel.invoke(1) == dict.fromkeys("abcd", True)


def test_trivial_work_starts_few_threads():
    """Helpers are for work that waits for them, not for what the caller did long ago."""
    branches = RunnableParallel(a=lambda x: x, b=lambda x: x)
    before = threading.active_count()
    for _ in range(5000):
        branches.invoke(1)
    assert threading.active_count() - before < 10


@pytest.mark.parametrize("most", [1, 2, 3])
def test_max_concurrency_is_kept(most):
    """Never more items than max_concurrency are at work at once, sync and async."""
    lock, now, peak = threading.Lock(), [0], [0]

    def enter():
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])

    def leave():
        with lock:
            now[0] -= 1

    def work(x):
        enter()
        time.sleep(0.002)
        leave()

    async def awork(x):
        enter()
        await asyncio.sleep(0.002)
        leave()

    worker = RunnableLambda(work, awork)
    config = {"max_concurrency": most}
    worker.batch([1] * 10, config)
    assert peak[0] == most
    asyncio.run(_abatch(worker, [1] * 10, config))
    assert peak[0] == most
    list(worker.batch_as_completed([1] * 10, config))
    RunnableParallel({str(i): worker for i in range(6)}).invoke(1, config)
    assert peak[0] == most


async def _abatch(runnable, inputs, config):
    return await runnable.abatch(inputs, config)


def test_nothing_is_started_after_a_failure():
    """When an item of a batch fails, no further item is started, and all started ones end."""
    handler, ran = Accountant(), []

    def work(x):
        ran.append(x)
        if x == 0:
            raise ValueError(x)
        time.sleep(0.01)

    with pytest.raises(ValueError, match="0"):
        RunnableLambda(work).batch(list(range(100)), {"callbacks": [handler], "max_concurrency": 2})
    assert len(ran) < 10
    handler.ledger.check()


def test_slots_keep_their_results():
    """With return_exceptions each slot has its own item's result or exception."""

    def work(x):
        if x % 3 == 0:
            raise ValueError(x)
        return x

    worker = RunnableLambda(work)
    for results in (
        worker.batch(list(range(50)), return_exceptions=True),
        asyncio.run(_with_exceptions(worker)),
    ):
        for number, result in enumerate(results):
            if number % 3 == 0:
                assert isinstance(result, ValueError)
                assert result.args == (number,)
            else:
                assert result == number


async def _with_exceptions(worker):
    return await worker.abatch(list(range(50)), return_exceptions=True)


def test_a_sync_invoke_on_a_loops_thread():
    """A sync invoke inside a coroutine tells async handlers without waiting for its own loop."""
    handler = AsyncAccountant(turns=3)

    async def main():
        return chain.invoke(1, {"callbacks": [handler]})

    assert asyncio.run(main()) == 8
    handler.ledger.check()
    assert len(handler.ledger.runs) == 6


def test_a_sync_invoke_in_a_thread_of_a_loop():
    """Sync code in a worker thread tells async handlers, whichever loop runs them."""
    handler = AsyncAccountant(turns=3)

    async def main():
        return await asyncio.gather(
            *(asyncio.to_thread(chain.invoke, i, {"callbacks": [handler]}) for i in range(6))
        )

    assert asyncio.run(main()) == [8 * i for i in range(6)]
    handler.ledger.check()


def test_layers_of_sync_and_async():
    """Sync in async in sync in async: one tree of runs."""
    handler, late = Accountant(), AsyncAccountant()

    async def innermost(x):
        await asyncio.sleep(0)
        return await double.ainvoke(x)

    last = RunnableLambda(innermost, name="4")
    third = RunnableLambda(lambda x: asyncio.run(_await(last, x)), name="3")
    second = RunnableLambda(lambda x: third.invoke(x), name="2")  # in a thread under ainvoke
    first = RunnableLambda(lambda x: asyncio.run(_await(second, x)), name="1")
    assert first.invoke(1, {"callbacks": [handler, late]}) == 2
    for ledger in (handler.ledger, late.ledger):
        ledger.check({"1": None, "2": "1", "3": "2", "4": "3", "double": "4"})


async def _await(runnable, x):
    return await runnable.ainvoke(x)


def test_async_handlers_run_on_one_loop():
    """Async handlers of sync runs share one loop, however many runs there are."""
    loops = set()

    class Where(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            loops.add(asyncio.get_running_loop())

    at_once(lambda number: [double.invoke(i, {"callbacks": [Where()]}) for i in range(20)])
    assert len(loops) == 1


def test_async_handlers_run_on_the_applications_loop():
    """Sync code in a thread of an application's loop tells async handlers on that loop."""
    loops = []

    class Where(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            loops.append(asyncio.get_running_loop())

    async def main():
        await RunnableLambda(lambda x: double.invoke(x)).ainvoke(1, {"callbacks": [Where()]})
        return asyncio.get_running_loop()

    assert asyncio.run(main()) in loops
    assert len(set(loops)) == 1


def test_a_stream_read_by_several_threads():
    """A stream whose chunks are taken by different threads, in turn, is one run."""
    handler = Accountant()

    def letters(x):
        yield from "abcd"

    stream = RunnableLambda(letters).stream(1, {"callbacks": [handler]})
    got = []
    for _ in range(4):
        thread = threading.Thread(target=lambda: got.append(next(stream)))
        thread.start()
        thread.join()
    assert list(stream) == []
    assert got == list("abcd")
    handler.ledger.check()


def test_a_stream_that_is_being_read():
    """Who reads a stream while another thread reads it gets an error, not an early end."""
    handler, reading, go_on = Accountant(), threading.Event(), threading.Event()

    def letters(x):
        reading.set()
        go_on.wait(10)
        yield from "ab"

    stream = RunnableLambda(letters).stream(1, {"callbacks": [handler]})
    got = []
    thread = threading.Thread(target=lambda: got.extend(stream))
    thread.start()
    reading.wait(10)
    try:
        with pytest.raises((ValueError, RuntimeError)):
            next(stream)
    finally:
        go_on.set()
        thread.join()
    assert got == ["a", "b"]
    handler.ledger.check()


def test_a_manager_used_by_many_threads():
    """Adding to and running with one manager in several threads loses nothing."""
    manager, handler = CallbackManager([]), Accountant()
    manager.add_handler(handler)

    def work(number):
        for i in range(50):
            manager.add_tags([f"{number}-{i}"])
            double.invoke(i, {"callbacks": manager})

    at_once(work)
    assert len(manager.tags) == THREADS * 50
    assert len(handler.ledger.runs) == THREADS * 50
    handler.ledger.check()


def test_a_tree_of_everything_in_many_threads():
    """A tree with every kind of runnable obeys every law when threads share it."""
    tree = (
        "sequence",
        ("parallel", ("chat",), ("retry", ("tool_of", ("twofold",)))),
        ("fallback", ("batch", ("retriever",)), ("sync",)),
        ("map", ("assign", ("stepwise",))),
    )
    garden = Garden(Points({}))
    runnable = garden.grow(tree)
    handlers = [Accountant(), AsyncAccountant(), Accountant(inline=True)]
    config = {"callbacks": list(handlers)}

    def work(number):
        if number % 2:
            return runnable.invoke("x", config)
        return asyncio.run(_with(runnable, config))

    at_once(work, 4)
    for handler in handlers:
        handler.ledger.check(garden.above)


async def _with(runnable, config):
    return await runnable.ainvoke("x", config)


CONTEXT_IN_THREADS = """
import asyncio, gc, threading, time, weakref
from ferrule.callbacks import AsyncCallbackHandler
from ferrule.runnables import RunnableLambda, RunnableParallel

both = threading.Barrier(2)
step = RunnableLambda(lambda x: both.wait() and None)

class Handler(AsyncCallbackHandler):
    async def on_chain_start(self, *args, **kwargs):
        await asyncio.sleep(0)

async def main(config):
    await RunnableLambda(lambda x: None).ainvoke(1, config)
    return weakref.ref(config["callbacks"][0])

gone = []
handler = Handler()
RunnableParallel(a=step, b=step).invoke(1, {"callbacks": [handler]})
gone.append(weakref.ref(handler))
del handler
loop = asyncio.new_event_loop()
gone.append(loop.run_until_complete(main({"callbacks": [Handler()]})))
assert threading.active_count() >= 4, threading.enumerate()
deadline = time.monotonic() + 5
while any(reference() for reference in gone) and time.monotonic() < deadline:
    gc.collect()
    time.sleep(0.01)
print([reference() is None for reference in gone])
"""


def test_threads_do_not_keep_the_context_they_were_started_in():
    """Helpers, workers and the hooks' loop outlive the run that needed them first."""
    inherit = ["-X", "thread_inherit_context=1"] if sys.version_info >= (3, 14) else []
    command = [sys.executable, *inherit, "-c", CONTEXT_IN_THREADS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[True, True]\n", "")
