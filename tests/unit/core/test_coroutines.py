"""What `ainvoke` returns is a coroutine in every respect that asyncio and users rely on."""

# Bodies are lambdas where the method itself would be given the config: what matters is that
# they pass none on.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import collections.abc
import gc
import inspect
import threading
import types

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from ferrule.runnables import RunnableLambda, RunnableParallel
from tests.support.accounts import Accountant, AsyncAccountant
from tests.support.hearing import Hearing


async def _wait(x):
    await asyncio.sleep(x)
    return x


wait = RunnableLambda(_wait, name="wait")
echo = RunnableLambda(lambda x: x, name="echo")
FOREVER = 3600


async def turns_until(reached):
    """Let the loop turn until something is reached, and once more."""
    for _ in range(1000):
        await asyncio.sleep(0)
        if reached():
            break
    await asyncio.sleep(0)


def hear():
    handler = Hearing()
    return handler, {"callbacks": [handler]}


def test_it_is_a_coroutine():
    """asyncio.iscoroutine, inspect.isawaitable and the abstract class agree."""
    made = wait.ainvoke(0)
    assert asyncio.iscoroutine(made)
    assert inspect.isawaitable(made)
    assert isinstance(made, collections.abc.Coroutine)
    made.close()


def test_asyncio_run_takes_it():
    """asyncio.run, create_task, gather and run_coroutine_threadsafe take it as it is."""
    assert asyncio.run(wait.ainvoke(0)) == 0

    async def main():
        task = asyncio.create_task(wait.ainvoke(0), name="mine")
        assert task.get_name() == "mine"
        assert await task == 0
        assert await asyncio.gather(wait.ainvoke(0), echo.ainvoke(1)) == [0, 1]
        loop = asyncio.get_running_loop()
        future = asyncio.run_coroutine_threadsafe(echo.ainvoke(2), loop)
        assert await asyncio.wrap_future(future) == 2
        assert "coro=<Runnable.ainvoke" in repr(task)
        waiting = asyncio.create_task(wait.ainvoke(0))
        assert "coro=<RunnableLambda.ainvoke" in repr(waiting)
        await asyncio.sleep(0)
        assert "coro=<RunnableLambda.ainvoke" in repr(waiting)
        assert await waiting == 0

    asyncio.run(main())


def test_awaiting_twice_is_refused():
    """The same run cannot be awaited twice, as a coroutine cannot."""

    async def main():
        handler, config = hear()
        made = wait.ainvoke(0, config)
        await made
        with pytest.raises(RuntimeError, match="await"):
            await made
        assert handler.hooks == ["chain_start", "chain_end"]

    asyncio.run(main())


def test_awaiting_in_two_tasks_is_refused():
    """Of two tasks that await the same run one gets an error; the run ends once."""

    async def main():
        handler, config = hear()
        made = wait.ainvoke(0.01, config)

        async def use():
            return await made

        results = await asyncio.gather(use(), use(), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["RuntimeError", "float"]
        assert handler.hooks == ["chain_start", "chain_end"]

    asyncio.run(main())


@pytest.mark.parametrize("name", ["coroutines", "tasks"])
def test_a_second_one_who_awaits_disturbs_nothing(name):
    """Whoever comes second is refused at once; the first one gets the run's output."""

    async def use(made):
        return await made

    async def main():
        handler, config = hear()
        made = (wait | wait).ainvoke(0.01, config)
        begin = asyncio.ensure_future if name == "tasks" else use
        results = await asyncio.gather(begin(made), begin(made), return_exceptions=True)
        assert results[0] == 0.01
        assert isinstance(results[1], RuntimeError)
        assert "call again" in str(results[1])
        told = [hook.removeprefix("chain_") for hook in handler.hooks]
        assert told == ["start", "start", "end", "start", "end", "end"]

    asyncio.run(main())


def test_a_second_one_who_awaits_an_event_disturbs_nothing():
    """The same for what the events of async run managers return."""
    reached = asyncio.Event()

    class Slow(AsyncCallbackHandler):
        async def on_text(self, *args, **kwargs):
            reached.set()
            await asyncio.sleep(0.01)

    async def use(made):
        await made

    async def body(x, run_manager):
        told = run_manager.on_text("text")
        first = asyncio.ensure_future(use(told))
        await reached.wait()
        with pytest.raises(RuntimeError, match="call again"):
            await told
        await first
        return x

    config = {"callbacks": [Slow()]}
    assert asyncio.run(RunnableLambda(body).ainvoke(1, config)) == 1


def test_never_awaited_tells_nothing():
    """A run that is never awaited has no event; Python's usual warning says so."""
    handler, config = hear()
    made = wait.ainvoke(0, config)
    with pytest.warns(RuntimeWarning, match="never awaited"):  # noqa: PT031  that is the event
        del made
        gc.collect()
    assert handler.events == []


def test_closed_before_it_began():
    """A run that is closed before it began has no event, and cannot be awaited any more."""
    handler, config = hear()
    made = wait.ainvoke(0, config)
    made.close()
    made.close()

    async def use():
        await made

    with pytest.raises(RuntimeError):
        asyncio.run(use())
    assert handler.events == []


def test_closed_in_the_middle():
    """Closing a run that waits ends it with GeneratorExit, and its body is closed before."""
    handler, config = hear()
    closed = []

    async def body(x):
        try:
            await asyncio.sleep(FOREVER)
        finally:
            closed.append(list(handler.hooks))

    async def main():
        made = RunnableLambda(body).ainvoke(1, config)
        made.send(None)
        made.close()

    asyncio.run(main())
    assert closed == [["chain_start"]]
    assert handler.hooks == ["chain_start", "chain_error"]
    assert isinstance(handler.last()[1], GeneratorExit)


def test_closed_after_what_it_waits_for():
    """What was closed already, as a collection may do it, does not keep a run from being closed."""
    handler, config = hear()

    @types.coroutine
    def turn():
        yield

    async def suspended():
        await turn()

    waited_for = suspended()
    made = RunnableLambda(lambda x: x, lambda x: waited_for).ainvoke(1, config)
    made.send(None)
    waited_for.close()
    made.close()
    assert handler.hooks == ["chain_start", "chain_error"]
    assert isinstance(handler.last()[1], GeneratorExit)


def test_dropped_in_the_middle():
    """A run that is let go while it waits is closed, as a coroutine is."""
    handler, config = hear()

    async def main():
        made = wait.ainvoke(FOREVER, config)
        made.send(None)
        del made
        gc.collect()

    asyncio.run(main())
    assert handler.hooks == ["chain_start", "chain_error"]


def test_thrown_before_it_began():
    """An exception thrown into a run that has not begun is raised, and nothing is told."""
    handler, config = hear()
    made = wait.ainvoke(0, config)
    with pytest.raises(ValueError, match="early"):
        made.throw(ValueError("early"))
    assert handler.events == []


def test_cancelled_before_it_began():
    """A task that is cancelled before its first step tells nothing."""
    handler, config = hear()

    async def main():
        task = asyncio.create_task(wait.ainvoke(0, config))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert handler.events == []


def test_cancelled_in_the_middle():
    """A cancelled run is an error whose exception is the cancellation, innermost first."""
    handler, config = hear()

    async def main():
        task = asyncio.create_task((echo | wait).ainvoke(FOREVER, config))
        await turns_until(lambda: len(handler.starts()) == 3)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())
    assert handler.hooks[-2:] == ["chain_error"] * 2
    assert all(isinstance(e[1], asyncio.CancelledError) for e in handler.events[-2:])


def test_a_body_may_survive_its_cancellation():
    """A body that catches the cancellation and returns ends its run well."""
    handler, config = hear()

    async def body(x):
        try:
            await asyncio.sleep(FOREVER)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            return "survived"

    async def main():
        task = asyncio.create_task(RunnableLambda(body).ainvoke(1, config))
        await turns_until(lambda: handler.events)
        task.cancel()
        return await task

    assert asyncio.run(main()) == "survived"
    assert handler.hooks == ["chain_start", "chain_end"]


def test_a_body_in_a_thread_that_fails_after_its_cancellation():
    """Caller and handlers are told the cancellation; the failure is reported nowhere else."""
    begun, go_on = threading.Event(), threading.Event()

    def fail(x):
        begun.set()
        go_on.wait()
        raise ValueError(x)

    async def main():
        handler, config = hear()
        task = asyncio.ensure_future(RunnableLambda(fail).ainvoke(1, config))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert handler.hooks == ["chain_start", "chain_error"]
        assert isinstance(handler.last()[1], asyncio.CancelledError)

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(asyncio, "timeout"), reason="asyncio.timeout is Python 3.11's")
def test_timeouts():
    """asyncio.timeout and wait_for end the run with the cancellation and raise TimeoutError."""

    async def main():
        handler, config = hear()
        with pytest.raises(asyncio.TimeoutError):
            async with asyncio.timeout(0.5):  # time for echo's worker thread
                await (echo | wait).ainvoke(FOREVER, config)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(wait.ainvoke(FOREVER, config), 0.01)
        assert handler.hooks.count("chain_start") == 4
        assert handler.hooks.count("chain_end") == 1
        errors = [e[1] for e in handler.events if e[0] == "on_chain_error"]
        assert [type(error) for error in errors] == [asyncio.CancelledError] * 3

    asyncio.run(main())


def test_a_timeout_inside_of_a_body():
    """A timeout inside of a body stops what the body awaits, not the body."""

    async def body(x):
        try:
            await asyncio.wait_for(wait.ainvoke(FOREVER), 0.01)
        except asyncio.TimeoutError:
            return "late"

    async def main():
        handler, config = hear()
        assert await RunnableLambda(body).ainvoke(1, config) == "late"
        assert handler.hooks == ["chain_start", "chain_start", "chain_error", "chain_end"]

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(asyncio, "TaskGroup"), reason="TaskGroup is Python 3.11's")
def test_task_groups():
    """When one task of a group fails, the runs of the others are cancelled and closed."""

    async def fail(x):
        await asyncio.sleep(0)
        raise ValueError(x)

    async def main():
        handler, config = hear()
        with pytest.raises(BaseException) as caught:  # noqa: PT011, PT012  groups differ
            async with asyncio.TaskGroup() as group:
                group.create_task(wait.ainvoke(FOREVER, config))
                group.create_task(RunnableLambda(fail).ainvoke(1, config))
        assert [type(e) for e in caught.value.exceptions] == [ValueError]
        kinds = sorted(type(e[1]).__name__ for e in handler.events if e[0] == "on_chain_error")
        assert kinds == ["CancelledError", "ValueError"]

    asyncio.run(main())


def test_siblings_of_a_failing_branch():
    """When a branch fails, the others are cancelled, awaited and closed before the parallel."""

    async def fail(x):
        await asyncio.sleep(0)
        raise ValueError(x)

    handler, config = hear()
    parallel = RunnableParallel(a=wait, b=RunnableLambda(fail, name="fail"), c=wait)
    with pytest.raises(ValueError, match=str(FOREVER)):
        asyncio.run(_invoke(parallel, FOREVER, config))
    assert handler.names() == ["RunnableParallel<a,b,c>", "wait", "fail", "wait"]
    assert handler.hooks[-4:] == ["chain_error"] * 4
    assert handler.last()[2]["run_id"] == handler.starts()[0]["run_id"]


async def _invoke(runnable, *args):
    return await runnable.ainvoke(*args)


class Slow(AsyncCallbackHandler):
    """Has hooks that take a few turns of the loop."""

    def __init__(self, *, inline=False):
        self.heard = []
        self.run_inline = inline

    async def slow(self, what):
        self.heard.append(what)
        for _ in range(5):
            await asyncio.sleep(0)
        self.heard.append(f"{what}ed")

    async def on_chain_start(self, *args, **kwargs):
        await self.slow("start")

    async def on_chain_end(self, *args, **kwargs):
        await self.slow("end")

    async def on_chain_error(self, *args, **kwargs):
        await self.slow("fail")


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("turns", range(16))
def test_cancelled_while_hooks_run(turns, count, inline):
    """Wherever a run is cancelled, who heard its start hears one end, and hears it out."""
    handlers = [Slow(inline=inline) for _ in range(count)]

    async def main():
        task = asyncio.create_task(wait.ainvoke(0, {"callbacks": handlers}))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        # A cancellation does not wait for the hooks of the end; they finish on their own.
        for _ in range(20):
            await asyncio.sleep(0)
        for handler in handlers:
            told = [what for what in handler.heard if what in {"start", "end", "fail"}]
            assert len(told) in {0, 2}, handler.heard
            if told:
                assert told[0] == "start"
                assert handler.heard[-1] in {"ended", "failed"}, handler.heard

    asyncio.run(main())


async def _astream(runnable, x, config):
    return [chunk async for chunk in runnable.astream(x, config)]


@pytest.mark.parametrize("how", ["ainvoke", "abatch", "astream", "abatch_as_completed"])
@pytest.mark.parametrize("first", range(1, 8))
@pytest.mark.parametrize("second", range(1, 5))
def test_cancelled_again_while_it_is_cancelled(how, first, second):
    """Whoever is cancelled twice still waits for the branches, which end before it does."""
    handler = Accountant(inline=True)
    config = {"callbacks": [handler]}

    async def stubborn(x):
        try:
            await asyncio.sleep(FOREVER)
        finally:
            for _ in range(6):
                await asyncio.sleep(0)

    parallel = RunnableParallel(a=RunnableLambda(stubborn), b=RunnableLambda(stubborn))

    async def completed():
        return [pair async for pair in parallel.abatch_as_completed([1, 2], config)]

    async def nest(x):
        await {
            "ainvoke": lambda: parallel.ainvoke(1, config),
            "abatch": lambda: parallel.abatch([1, 2], config),
            "astream": lambda: _astream(parallel, 1, config),
            "abatch_as_completed": completed,
        }[how]()

    async def main():
        task = asyncio.create_task(RunnableLambda(nest).ainvoke(1, config))
        for turns in (first, second, second):
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    handler.ledger.check()


@pytest.mark.parametrize("turns", range(6))
def test_a_batch_cancelled_at_once(turns):
    """What a cancelled batch or parallel never started is closed without a warning."""
    handler = Accountant(inline=True)
    config = {"callbacks": [handler], "max_concurrency": 1}

    async def main():
        for work in (
            wait.abatch([FOREVER] * 3, config),
            RunnableParallel(a=wait, b=wait).ainvoke(FOREVER, config),
            wait.abatch([FOREVER] * 3, {"callbacks": [handler]}),
        ):
            task = asyncio.create_task(work)
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        gc.collect()

    asyncio.run(main())
    gc.collect()
    handler.ledger.check()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupts_close_runs(error):
    """An interrupt in a body stops the loop and reaches the caller; every run is closed."""
    handler, config = hear()

    async def body(x):
        await asyncio.sleep(0)
        raise error

    with pytest.raises(error):
        asyncio.run(_invoke(echo | RunnableLambda(body), 1, config))
    assert handler.hooks.count("chain_start") == 3
    assert handler.hooks[-2:] == ["chain_error"] * 2
    assert isinstance(handler.last()[1], error)


def test_many_levels():
    """Nesting many levels deep works, sync and async."""

    def nest(level):
        inner = echo if level == 0 else nest(level - 1)
        return RunnableLambda(lambda x: inner.invoke(x), lambda x: inner.ainvoke(x))

    handler, config = hear()
    assert nest(60).invoke(1, config) == 1
    assert asyncio.run(_invoke(nest(60), 1, config)) == 1
    assert handler.hooks.count("chain_start") == handler.hooks.count("chain_end") == 2 * 62


def test_sync_hooks_do_not_block_the_loop():
    """A sync hook of an async run runs on another thread unless it is inline."""
    threads = {}

    class Where(BaseCallbackHandler):
        def __init__(self, inline):
            self.run_inline = inline

        def on_chain_start(self, *args, **kwargs):
            threads[self.run_inline] = threading.current_thread()

    asyncio.run(_invoke(wait, 0, {"callbacks": [Where(False), Where(True)]}))
    assert threads[True] is threading.current_thread()
    assert threads[False] is not threading.current_thread()


@pytest.mark.parametrize("turns", range(1, 60, 2))
def test_a_batch_of_sequences_cancelled_while_it_ends(turns):
    """Each run of a batch of sequences ends, also if telling the others' ends is interrupted."""
    handlers = [Accountant(inline=True), AsyncAccountant()]
    fail = RunnableLambda(lambda x: x, _fail_at_two)

    async def main():
        work = (fail | echo).abatch([1, 2, 3], {"callbacks": handlers})
        task = asyncio.create_task(work)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for handler in handlers:
            handler.ledger.check()

    asyncio.run(main())


async def _fail_at_two(x):
    await asyncio.sleep(0)
    if x == 2:
        raise ValueError(x)
    return x


@pytest.mark.parametrize("batch", ["batch", "abatch"])
def test_a_batch_of_sequences_whose_end_is_refused(batch):
    """Each run of a batch of sequences ends, also if a handler refuses the end of another."""

    class Refuses(BaseCallbackHandler):
        raise_error = True
        run_inline = True

        def on_chain_end(self, outputs, *, parent_run_id, **kwargs):
            if parent_run_id is None:
                raise ValueError("no")

    handler, config = hear()
    config["callbacks"].append(Refuses())
    work = getattr(echo | echo, batch)
    with pytest.raises(ValueError, match="no"):
        asyncio.run(work([1, 2, 3], config)) if batch == "abatch" else work([1, 2, 3], config)
    ended = handler.hooks.count("chain_end") + handler.hooks.count("chain_error")
    assert handler.hooks.count("chain_start") == ended >= 3


def test_what_a_run_returns_is_handed_out_in_each_way_of_resuming_it():
    """By hand a run returns by `StopIteration`; awaited it returns even an exception as a value."""
    odd = (1, 2), StopIteration(3), KeyError("k"), None
    for value in odd:
        run = RunnableLambda(return_later).ainvoke(value)
        with pytest.raises(StopIteration) as returned:
            run.send(None)
        assert returned.value.value is value
        assert asyncio.run(awaited(value)) is value


async def return_later(value):
    return value


async def awaited(value):
    return await RunnableLambda(return_later).ainvoke(value)
