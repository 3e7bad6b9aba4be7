"""Worker threads: which one is used, how many, and what is promised of what they call."""

from __future__ import annotations

import asyncio
import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler, workers
from ferrule.callbacks.workers import CALLS_AFTER_A_LONG_ONE, MOST_AT_WORK, call_in_thread
from ferrule.runnables import RunnableLambda
from ferrule.runnables.config import run_in_executor
from tests.support import programs

PATIENCE_SECONDS = 10
where = RunnableLambda(lambda x: threading.current_thread())


class Where(BaseCallbackHandler):
    """Keeps the threads that its hooks are called on."""

    def __init__(self):
        self.threads = []

    def on_chain_start(self, *args, **kwargs):
        self.threads.append(threading.current_thread())

    on_chain_end = on_chain_start


def named(thread):
    return thread.name.rstrip("-_0123456789")


def test_calls_one_after_the_other_have_one_thread():
    """The functions and hooks of runs that follow each other are called on the same thread."""
    handler = Where()

    async def main():
        for _ in range(20):
            handler.threads.append(await where.ainvoke(1, {"callbacks": [handler]}))

    asyncio.run(main())
    assert len(handler.threads) == 60
    assert len({*handler.threads}) == 1
    assert named(handler.threads[0]) == "ferrule-worker"


def test_an_executor_of_the_application_is_used():
    """From when the application gives its loop an executor, calls go there."""
    handler = Where()
    config = {"callbacks": [handler]}

    async def main():
        loop = asyncio.get_running_loop()
        names = [named(await where.ainvoke(1, config))]
        await loop.run_in_executor(None, int)  # asyncio makes an executor
        names.append(named(await where.ainvoke(1, config)))
        loop.set_default_executor(ThreadPoolExecutor(1, "application"))
        names.append(named(await where.ainvoke(1, config)))
        with ThreadPoolExecutor(1, "own") as own:
            names.append(named(await run_in_executor(own, threading.current_thread)))
        return names

    names = asyncio.run(main())
    assert names == ["ferrule-worker", "ferrule-worker", "application", "own"]
    assert [named(thread) for thread in handler.threads] == [
        *["ferrule-worker"] * 4,
        *["application"] * 2,
    ]


def test_a_loop_with_its_own_way_into_threads_is_asked():
    """A loop whose class, or who itself, says how functions run in threads is heard."""
    asked = []

    class Loop(asyncio.SelectorEventLoop):
        def run_in_executor(self, executor, func, *args):
            asked.append(executor)
            return super().run_in_executor(executor, func, *args)

    loop = Loop()
    try:
        assert named(loop.run_until_complete(where.ainvoke(1))) == "asyncio"
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert asked == [None]


def test_as_many_calls_at_once_as_in_an_executor():
    """A loop's blocking calls overlap up to a limit; the others wait, and all are made."""
    full, lock = threading.Barrier(MOST_AT_WORK, timeout=PATIENCE_SECONDS), threading.Lock()
    now, peak = [0], [0]

    def work(x):
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        full.wait()
        with lock:
            now[0] -= 1
        return x

    async def main():
        return await RunnableLambda(work).abatch(list(range(3 * MOST_AT_WORK)))

    assert asyncio.run(main()) == list(range(3 * MOST_AT_WORK))
    assert peak[0] == MOST_AT_WORK


def test_loops_do_not_wait_for_each_others_threads():
    """Functions that fill the limit of a loop may run loops, with calls of their own."""
    full = threading.Barrier(MOST_AT_WORK, timeout=PATIENCE_SECONDS)
    echo = RunnableLambda(lambda x: x)

    async def nested(x):
        return await echo.ainvoke(x)

    def work(x):
        full.wait()
        return asyncio.run(nested(x))

    async def main():
        return await RunnableLambda(work).abatch(list(range(MOST_AT_WORK)))

    assert asyncio.run(main()) == list(range(MOST_AT_WORK))


@pytest.mark.parametrize("cancellations", [1, 3])
@pytest.mark.parametrize("fails", [False, True])
def test_a_cancellation_waits_for_the_call(cancellations, fails):
    """However often a run is cancelled, it ends when its function is through, as cancelled."""
    begun, go_on = threading.Event(), threading.Event()
    through = []

    def work(x):
        begun.set()
        go_on.wait(PATIENCE_SECONDS)
        through.append(x)
        if fails:
            raise ValueError(x)

    async def main():
        reports = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, report: reports.append(report))
        task = asyncio.create_task(RunnableLambda(work).ainvoke(1))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        for _ in range(cancellations):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert through == [1]
        return reports

    assert asyncio.run(main()) == []


def test_hooks_on_the_loop_and_on_a_thread_are_awaited_together():
    """A cancelled run waits for the sync hooks of an event even if it is cancelled again."""
    begun, go_on = threading.Event(), threading.Event()
    heard = []

    class Blocks(BaseCallbackHandler):
        def on_chain_start(self, *args, **kwargs):
            begun.set()
            go_on.wait(PATIENCE_SECONDS)
            heard.append("thread")

    class Waits(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            try:
                await asyncio.sleep(PATIENCE_SECONDS)
            finally:
                heard.append("loop")

    async def main():
        config = {"callbacks": [Blocks(), Waits(), Waits()]}
        task = asyncio.create_task(where.ainvoke(1, config))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert heard == ["thread", "loop", "loop"]


def test_what_a_call_raises_shows_where():
    """The traceback leads into the function; an interrupt crosses as it is."""

    def fail(error):
        raise error

    async def main(error):
        await RunnableLambda(fail).ainvoke(error)

    with pytest.raises(ValueError, match="here") as caught:
        asyncio.run(main(ValueError("here")))
    assert "fail" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    with pytest.raises(SystemExit):
        asyncio.run(main(SystemExit(3)))


def test_an_executor_that_breaks():
    """A call that an executor drops raises what the executor says of it."""

    async def main():
        begun, go_on = threading.Event(), threading.Event()
        executor = ThreadPoolExecutor(1)
        first = asyncio.ensure_future(
            run_in_executor(executor, lambda: begun.set() or go_on.wait(PATIENCE_SECONDS))
        )
        second = asyncio.ensure_future(run_in_executor(executor, int))
        await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        executor.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(asyncio.CancelledError):
            await second
        go_on.set()
        assert await first is True
        with pytest.raises(RuntimeError, match="shutdown"):
            await run_in_executor(executor, int)

    asyncio.run(main())


def test_a_call_is_a_future_to_asyncio():
    """What waits for futures waits for a call, also for one that is through."""

    async def main():
        go_on = threading.Event()
        hop = call_in_thread(lambda: go_on.wait(PATIENCE_SECONDS) and 1)
        assert not hop.cancel()
        with pytest.raises(RuntimeError, match="at this call"):
            hop.result()
        go_on.set()
        assert await asyncio.wait_for(asyncio.shield(hop), PATIENCE_SECONDS) == 1
        assert await asyncio.gather(hop, hop) == [1, 1]
        failed = call_in_thread(lambda: 1 // 0)
        done, _ = await asyncio.wait([hop, failed], return_when=asyncio.ALL_COMPLETED)
        assert done == {hop, failed}
        assert isinstance(failed.exception(), ZeroDivisionError)
        assert hop.get_loop() is asyncio.get_running_loop()

    asyncio.run(main())


def test_a_call_that_is_through_is_no_reason_to_wake_the_loop():
    """Who waits for it is called in the loop's next turn, which no other thread has to ask for."""

    async def main():
        loop, asked = asyncio.get_running_loop(), []
        call = call_in_thread(int)
        while not call.linger():
            pass
        wake = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *args, **kwargs: asked.append(wake(*args, **kwargs))
        return await call, asked

    assert asyncio.run(main()) == (0, [])


def test_only_from_a_running_loop():
    """Without a running loop nobody could wait for the call."""
    with pytest.raises(RuntimeError, match="loop"):
        call_in_thread(int)


PROLOGUE = """
import asyncio, os, sys, threading, time
from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda

async def ainvoke(function, x=1):
    return await RunnableLambda(function).ainvoke(x)
"""


def printed(program):
    return programs.printed(PROLOGUE + program)


def test_the_exit_waits_for_calls():
    """A call whose loop was let go of is through before the interpreter exits."""
    assert (
        printed("""
begun = threading.Event()
def work(x):
    begun.set()
    time.sleep(0.2)
    print("through")
async def main():
    task = loop.create_task(ainvoke(work))
    while not begun.is_set():
        await asyncio.sleep(0)
    return task
loop = asyncio.new_event_loop()
kept = loop.run_until_complete(main())
kept._log_destroy_pending = False
loop.close()
""")
        == "through\n"
    )


def test_runs_while_the_interpreter_exits():
    """Sync hooks are called in place when no thread can be asked any more."""
    assert (
        printed("""
import atexit
class Tells(BaseCallbackHandler):
    def on_chain_start(self, *args, **kwargs):
        print(threading.current_thread().name)
async def echo(x):
    return x
async def main():
    await RunnableLambda(echo).ainvoke(1, {"callbacks": [Tells()]})
atexit.register(lambda: asyncio.run(main()))
asyncio.run(main())
""")
        == "ferrule-worker\nMainThread\n"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_its_own_threads():
    """A child starts threads of its own, and exits without waiting for its parent's."""
    assert (
        printed("""
asyncio.run(ainvoke(lambda x: x))
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
print(asyncio.run(ainvoke(lambda x: threading.current_thread().name)), flush=True)
""")
        == "ferrule-worker\n" * 2
    )


def test_calls_let_other_tasks_on():
    """Who makes one call after the other leaves the loop its turns, though each is through soon."""

    async def main():
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        for _ in range(50):
            await call_in_thread(int)
        counting.cancel()
        return turns

    assert asyncio.run(main()) >= 50


def test_without_threads_to_be_had(monkeypatch):
    """Hooks are called in place when the system has no thread for them; functions raise that."""
    monkeypatch.setattr("ferrule.callbacks.threads._idle", [])
    monkeypatch.setattr("threading.Thread.start", _refuse)
    handler = Where()

    async def main():
        await RunnableLambda(_echo).ainvoke(1, {"callbacks": [handler]})
        for _ in range(2 * MOST_AT_WORK):
            with pytest.raises(RuntimeError, match="no thread"):
                await where.ainvoke(1)

    asyncio.run(main())
    assert handler.threads == [threading.current_thread()] * 2


def _refuse(self):
    raise RuntimeError("no thread")


async def _echo(x):
    return x


def test_a_long_call_does_not_hold_the_loop():
    """A call that takes its time is under way when the loop goes on."""

    async def main():
        gate = threading.Event()
        call = call_in_thread(gate.wait)
        assert not call.linger()
        assert not call.done()
        gate.set()
        assert await call
        assert call.linger()

    asyncio.run(main())


def test_after_a_long_call_some_are_not_waited_for():
    """The loop's thread looks whether calls are short again only after some of them."""
    asked = []

    class Call:
        """What a crew does with a call."""

        def __init__(self, number):
            self.number = number
            self.made = threading.Event()

        def run(self):
            self.made.set()

        def report(self): ...

        def linger(self):
            asked.append(self.number)
            return self.number == 0

    crew = workers._Crew()
    calls = [Call(number) for number in range(CALLS_AFTER_A_LONG_ONE + 3)]
    for call in calls:
        crew.take(call)
        assert call.made.wait(PATIENCE_SECONDS)
    assert asked == [0, 1, CALLS_AFTER_A_LONG_ONE + 2]
