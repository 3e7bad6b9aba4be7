"""Nothing is kept of a finished run, and everything that may form a cycle is collected."""

# Bodies are lambdas where the method itself would be given the config: what matters is that
# they pass none on.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import sysconfig
import tracemalloc
import weakref
from contextlib import suppress
from itertools import pairwise

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler, CallbackManager
from ferrule.language_models import FakeListChatModel
from ferrule.runnables import (
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)
from ferrule.tools import tool


class Payload:
    """Something that can be referred to weakly, and added up as chunks are."""

    def __add__(self, other):
        return self


class Deaf(BaseCallbackHandler):
    """Hears chains and keeps nothing."""

    run_inline = True

    def on_chain_start(self, serialized, inputs, *, run_id, tags, metadata, **kwargs):
        pass

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        pass

    def on_chain_error(self, error, *, run_id, **kwargs):
        pass


class AsyncDeaf(AsyncCallbackHandler):
    async def on_chain_start(self, serialized, inputs, *, run_id, **kwargs):
        await asyncio.sleep(0)

    async def on_chain_end(self, outputs, *, run_id, **kwargs):
        pass


async def _aecho(x):
    await asyncio.sleep(0)
    return x


def _fail(x):
    raise ValueError(x)


def _chunks(xs):
    yield from xs


async def _achunks(xs):
    async for x in xs:
        yield x


echo = RunnableLambda(lambda x: x, _aecho, name="echo")
fail = RunnableLambda(_fail)


@tool
def shout(text: str) -> str:
    """Shout."""
    return text


RUNNABLES = {
    "lambda": echo,
    "sequence": echo | echo | echo,
    "parallel": RunnableParallel(a=echo, b=echo),
    "binding": echo.with_config(tags=["t"], metadata={"m": 1}),
    "assign": RunnableLambda(lambda x: {"x": x}) | RunnablePassthrough.assign(y=echo),
    "generator": RunnableGenerator(_chunks, _achunks),
    "branch": RunnableBranch((lambda x: True, echo), echo),
    "fallbacks": fail.with_fallbacks([echo]),
    "retry": echo.with_retry(),
    "map": RunnableLambda(lambda x: [x]) | echo.map(),
    "nested": RunnableLambda(lambda x: echo.invoke(x), lambda x: echo.ainvoke(x)),
    "returned": RunnableLambda(lambda x: echo),
    "batch": RunnableLambda(lambda x: echo.batch([x, x])),
    "error": RunnableLambda(lambda x: fail.batch([x, x], return_exceptions=True)),
    "chat": RunnableLambda(lambda x: "hi") | FakeListChatModel(responses=["yes"]),
    "tool": RunnableLambda(lambda x: "hi") | shout,
}


def invoke(runnable, x, config):
    return runnable.invoke(x, config)


def stream(runnable, x, config):
    for _ in runnable.stream(x, config):
        pass


def stream_closed(runnable, x, config):
    chunks = runnable.stream(x, config)
    next(chunks)
    chunks.close()


def stream_dropped(runnable, x, config):
    next(runnable.stream(x, config))


def batch(runnable, x, config):
    runnable.batch([x], config)


async def ainvoke(runnable, x, config):
    await runnable.ainvoke(x, config)


async def astream(runnable, x, config):
    async for _ in runnable.astream(x, config):
        pass


async def astream_closed(runnable, x, config):
    chunks = runnable.astream(x, config)
    await anext(chunks)
    await chunks.aclose()


async def cancelled(runnable, x, config):
    task = asyncio.ensure_future(runnable.ainvoke(x, config))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


SYNC = [invoke, stream, stream_closed, stream_dropped, batch]
ASYNC = [ainvoke, astream, astream_closed, cancelled]


def drive(how, runnable, x, config):
    """Run in the way that is asked for."""
    if how in ASYNC:
        asyncio.run(how(runnable, x, config))
    else:
        how(runnable, x, config)


@pytest.mark.parametrize("how", [*SYNC, *ASYNC], ids=lambda how: how.__name__)
@pytest.mark.parametrize("what", RUNNABLES)
def test_nothing_is_kept_of_a_finished_run(what, how, assert_gc):
    """Input, handler and metadata of a finished run can go: nobody holds them."""
    x, handler, metadata = Payload(), Deaf(), Payload()
    gone = [weakref.ref(it) for it in (x, handler, metadata)]
    drive(how, RUNNABLES[what], x, {"callbacks": [handler], "metadata": {"m": metadata}})
    del x, handler, metadata
    assert_gc(lambda: all(reference() is None for reference in gone))


@pytest.mark.parametrize("how", [invoke, stream, stream_closed, batch], ids=lambda h: h.__name__)
@pytest.mark.parametrize("what", ["lambda", "sequence", "parallel", "binding", "nested"])
def test_a_sync_run_leaves_no_cycle(what, how):
    """A sync run frees what it used at once, without a garbage collection."""
    if what == "parallel" and how is not invoke and sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("what a worker thread made goes when that thread runs, or the collector")
    x = Payload()
    gone = weakref.ref(x)
    gc.collect()
    gc.disable()
    try:
        how(RUNNABLES[what], x, {"callbacks": [Deaf()]})
        del x
        assert gone() is None
    finally:
        gc.enable()


def test_a_failed_run_is_freed():
    """An exception that a run raised keeps frames, as always, and nothing once it is gone."""
    x, handler = Payload(), Deaf()
    gone = [weakref.ref(x), weakref.ref(handler)]
    for runnable in (fail, echo | fail, RunnableParallel(a=fail, b=echo)):
        with pytest.raises(ValueError, match="Payload"):
            runnable.invoke(x, {"callbacks": [handler]})
    del x, handler
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def cycle_through_handler():
    class Holds(Deaf):
        pass

    handler = Holds()
    handler.bound = echo.with_config(callbacks=[handler])
    handler.bound.invoke(1)
    return handler


def cycle_through_lambda():
    holder = Payload()
    holder.runnable = RunnableLambda(lambda x: holder)
    holder.runnable.invoke(1)
    return holder


def cycle_through_sequence():
    holder = Payload()
    holder.runnable = RunnableLambda(lambda x: holder) | echo | {"a": lambda x: holder}
    holder.runnable.invoke(1)
    return holder


def cycle_through_manager():
    handler = Deaf()
    handler.manager = CallbackManager([handler], [handler], metadata={"handler": handler})
    handler.run = handler.manager.on_chain_start({"name": "mine"}, handler)
    handler.child = handler.run.get_child()
    handler.run.on_chain_end(handler)
    return handler


def cycle_through_stream():
    holder = Payload()
    holder.stream = echo.stream(holder, {"callbacks": [Deaf()], "metadata": {"h": holder}})
    return holder


def cycle_through_open_stream():
    holder = cycle_through_stream()
    next(holder.stream)
    return holder


def cycle_through_async_stream():
    holder = Payload()
    holder.stream = echo.astream(holder, {"callbacks": [Deaf()]})
    return holder


def cycle_through_coroutine():
    holder = Payload()
    holder.run = echo.ainvoke(holder, {"callbacks": [Deaf()]})
    holder.run.close()
    return holder


class Suspends(AsyncCallbackHandler):
    """Waits at the error of a run, for as long as its loop lives."""

    async def on_chain_error(self, *args, **kwargs):
        await asyncio.get_running_loop().create_future()


def failed_while_told(begin):
    """What is driven by hand until a failing handler is waited for, with its error."""
    holder = Payload()
    error = ValueError("kept while the handlers are told")
    error.holder = holder

    def fail(x):
        raise error

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        holder.awaited = begin(RunnableLambda(fail), {"callbacks": [Suspends()]})
        waits_on = False
        while not waits_on:  # first for the function's thread, then for the hook
            _, waits_on = await asyncio.wait([holder.awaited.send(None)], timeout=0.1)

    asyncio.run(main())
    return holder


def cycle_through_the_error_of_an_ending_run():
    return failed_while_told(lambda runnable, config: runnable.ainvoke(1, config))


def cycle_through_the_error_of_an_ending_stream():
    def begin(runnable, config):
        return runnable.astream(1, config).__anext__()

    return failed_while_told(begin)


def cycle_through_run_manager():
    class Keeps(Deaf):
        pass

    handler = Keeps()

    def body(x, run_manager, config):
        handler.kept = (run_manager, config)

    RunnableLambda(body).invoke(1, {"callbacks": [handler], "configurable": {"h": handler}})
    return handler


@pytest.mark.parametrize(
    "make",
    [value for name, value in list(globals().items()) if name.startswith("cycle_")],
    ids=lambda make: make.__name__,
)
def test_cycles_are_collected(make, assert_gc):
    """A cycle through an object of the core is found by the garbage collector."""
    gone = weakref.ref(make())
    assert_gc(lambda: gone() is None)


def test_a_stream_abandoned_in_its_loop(assert_gc):
    """An async stream that is let go of in its loop is closed and freed."""

    async def main():
        x = Payload()
        chunks = RUNNABLES["sequence"].astream(x, {"callbacks": [Deaf()]})
        await anext(chunks)
        return weakref.ref(x)

    gone = asyncio.run(main())
    assert_gc(lambda: gone() is None)


RUNS = 10_000


def growth(work, runs):
    """Bytes that Python's allocator holds more after `runs` rounds, per round.

    The least of a few measurements: what leaks does so each time, while the interpreter's own
    stores fill up. All is traced from the first round on, so that what replaces
    something older counts for nothing.
    """
    tracemalloc.start()
    for _ in range(max(20, runs // 20)):
        work()
    gc.collect()
    held = [tracemalloc.get_traced_memory()[0]]
    while len(held) < 9:
        for _ in range(runs):
            work()
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        if held[-1] - held[-2] < 6 * runs:
            break
    tracemalloc.stop()
    return min(after - before for before, after in pairwise(held)) / runs


@pytest.mark.parametrize("what", RUNNABLES)
def test_sync_runs_do_not_grow(what):
    """Thousands of runs with a handler leave nothing in the interpreter's memory."""
    runnable, config = RUNNABLES[what], {"callbacks": [Deaf()], "tags": ["t"]}
    cheap = what in {"lambda", "sequence", "parallel", "binding", "nested", "generator"}
    runs = RUNS if cheap else RUNS // 20
    assert growth(lambda: runnable.invoke(1, config), runs) < 8


@pytest.mark.parametrize("what", RUNNABLES)
def test_streams_do_not_grow(what):
    """Streams that are read, closed early and dropped leave nothing."""
    runnable, config = RUNNABLES[what], {"callbacks": [Deaf()]}

    def work():
        stream(runnable, 1, config)
        stream_closed(runnable, 1, config)
        stream_dropped(runnable, 1, config)

    assert growth(work, RUNS // 100) < 16


@pytest.mark.parametrize("what", RUNNABLES)
def test_async_runs_do_not_grow(what):
    """Async runs, streams and cancelled runs leave nothing."""
    runnable, config = RUNNABLES[what], {"callbacks": [Deaf(), AsyncDeaf()]}

    async def main():
        for how in (ainvoke, astream, astream_closed, cancelled):
            await how(runnable, 1, config)

    loop = asyncio.new_event_loop()
    assert growth(lambda: loop.run_until_complete(main()), RUNS // 100) < 32
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_failures_do_not_grow(monkeypatch):
    """Runs that fail, in bodies and in handlers, leave nothing."""

    class Refuses(Deaf):
        raise_error = True

        def on_chain_start(self, *args, **kwargs):
            raise ValueError

    # pytest keeps what is logged, and with it the exceptions and their frames.
    monkeypatch.setattr(logging.getLogger("ferrule.callbacks"), "disabled", True)
    calm, angry = {"callbacks": [Deaf()]}, {"callbacks": [Deaf(), Refuses()]}

    def work():
        for runnable, config in ((fail, calm), (echo | fail, calm), (echo | echo, angry)):
            with suppress(ValueError):
                runnable.invoke(1, config)
            with suppress(ValueError):
                list(runnable.stream(1, config))

    assert growth(work, RUNS // 10) < 8


def test_refused_configs_do_not_grow():
    """Calls that are refused leave nothing."""

    def work():
        for config in ({"tags": [1]}, {"callbacks": [Deaf]}, {"run_id": "x"}, {1: 2}):
            with suppress(TypeError, ValueError):
                echo.invoke(1, config)

    assert growth(work, RUNS // 10) < 8


def test_reference_counts_stay():
    """No run changes the reference counts of what it is given."""
    x, handler, tag, metadata = Payload(), Deaf(), "a tag of its own", {"m": Payload()}
    config = {"callbacks": [handler], "tags": [tag], "metadata": metadata}
    watched = [x, handler, tag, metadata, metadata["m"], config, config["callbacks"]]

    def work():
        for runnable in (echo, echo | echo, RunnableParallel(a=echo), echo.with_config(config)):
            runnable.invoke(x, config)
            list(runnable.stream(x, config))
            with pytest.raises(ValueError):  # noqa: PT011  any text
                (runnable | fail).invoke(x, config)

    work()
    gc.collect()
    before = [sys.getrefcount(it) for it in watched]
    for _ in range(100):
        work()
    gc.collect()
    assert [sys.getrefcount(it) for it in watched] == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_resident_memory_stays():
    """A hundred thousand runs with a handler leave the process as large as it was."""

    def resident():
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * 4096

    runnable, config = echo | echo, {"callbacks": [Deaf()]}
    for _ in range(20_000):
        runnable.invoke(1, config)
    gc.collect()
    before = resident()
    for _ in range(40_000):
        runnable.invoke(1, config)
    gc.collect()
    assert resident() - before < 2_000_000
