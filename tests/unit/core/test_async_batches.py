"""The items of `abatch` are tasks of their own, which are cancelled and waited for together."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from ferrule.runnables import Runnable, RunnableLambda
from tests.support.hearing import Hearing


async def _wait(x):
    await asyncio.sleep(x)
    return x


wait = RunnableLambda(_wait, name="wait")
FOREVER = 3600


def run(work):
    """Run a coroutine function; what the loop has to report is a failure."""
    reports = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, report: reports.append(report)
        )
        return await work()

    try:
        return asyncio.run(main())
    finally:
        gc.collect()
        assert reports == []


@pytest.mark.parametrize("config", [None, {"max_concurrency": 2}])
def test_each_item_is_a_task_of_its_own(config):
    """An item sees its own current task, whether it suspends or not, and others may await that."""

    async def body(x):
        if x:
            await asyncio.sleep(0)
        return asyncio.current_task()

    async def main():
        tasks = await RunnableLambda(body).abatch([0, 1, 0, 1], config)
        assert len({*tasks, asyncio.current_task()}) == 5
        return [await task is task for task in tasks]

    assert run(main) == [True] * 4


def test_the_first_failure_in_time_is_raised_when_the_others_have_ended():
    """The items that are under way are cancelled, and end before the batch does."""
    handler = Hearing()
    ended = []

    async def body(x):
        try:
            for _ in range(x):
                await asyncio.sleep(0)
            raise ValueError(x)
        finally:
            await asyncio.sleep(0)
            ended.append(x)

    async def main():
        with pytest.raises(ValueError, match="2"):
            await RunnableLambda(body).abatch([FOREVER, 2, FOREVER, 5], {"callbacks": [handler]})
        assert len(ended) == 4
        assert handler.hooks[-4:] == ["chain_error"] * 4

    run(main)


def test_several_failures_at_once_are_reported_to_nobody_else():
    """Of items that fail in the same turn of the loop the first one's failure is raised."""

    async def body(x):
        raise ValueError(x)

    async def main():
        with pytest.raises(ValueError, match="1"):
            await RunnableLambda(body).abatch([1, 2, 3])

    run(main)


def test_exceptions_as_outputs():
    """With `return_exceptions` the other items go on, and the exception is the output."""

    class Empty(Exception):
        def __len__(self):
            return 0

    async def body(x):
        await asyncio.sleep(0)
        if x == 2:
            raise Empty
        return x

    async def main():
        outputs = await RunnableLambda(body).abatch([1, 2, 0], return_exceptions=True)
        assert [outputs[0], type(outputs[1]), outputs[2]] == [1, Empty, 0]

    run(main)


@pytest.mark.parametrize("return_exceptions", [False, True])
@pytest.mark.parametrize("before_the_end", [0, 1])
def test_an_item_that_is_cancelled_by_itself(return_exceptions, before_the_end):
    """Its cancellation is the failure, also in its last step: no item is waited for in vain."""

    async def body(x):
        if x:
            await asyncio.sleep(x)
        asyncio.current_task().cancel()
        for _ in range(before_the_end):
            await asyncio.sleep(0)

    async def main():
        with pytest.raises(asyncio.CancelledError):
            await RunnableLambda(body).abatch([FOREVER, 0], return_exceptions=return_exceptions)

    run(main)


def test_a_cancelled_batch_is_cancelled_whatever_its_items_do():
    """Items that fail or go on when they are cancelled do not hide the batch's cancellation."""
    ended = []

    async def body(x):
        try:
            await asyncio.sleep(FOREVER)
        except asyncio.CancelledError:
            if x:
                raise ValueError(x) from None
            for _ in range(3):
                await asyncio.sleep(0)
        ended.append(x)
        return x

    async def main():
        task = asyncio.create_task(RunnableLambda(body).abatch([1, 0, 2]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == [0]

    run(main)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_of_an_item(error):
    """It stops the loop and reaches the caller; the other items' runs are closed."""
    handler = Hearing()

    async def body(x):
        await asyncio.sleep(0)
        if x:
            raise error
        await asyncio.sleep(FOREVER)

    async def main():
        await RunnableLambda(body).abatch([0, 1, 0], {"callbacks": [handler]})

    with pytest.raises(error):
        asyncio.run(main())
    assert handler.hooks.count("chain_error") == 3


def test_an_item_that_cannot_be_made():
    """The items before it are cancelled before they begin."""

    class Odd(Runnable):
        def invoke(self, input, config=None, **kwargs):
            return input

        def ainvoke(self, input, config=None, **kwargs):
            return input if input == 3 else wait.ainvoke(input, config)

    handler = Hearing()

    async def main():
        with pytest.raises(TypeError, match="int"):
            await Odd().abatch([1, 2, 3], {"callbacks": [handler]})

    run(main)
    assert handler.events == []


def test_items_that_are_futures():
    """What `ainvoke` returns may be any awaitable."""

    class Later(Runnable):
        def invoke(self, input, config=None, **kwargs):
            return input

        def ainvoke(self, input, config=None, **kwargs):
            return asyncio.ensure_future(wait.ainvoke(input))

    async def main():
        return await Later().abatch([0.001, 0])

    assert run(main) == [0.001, 0]


def test_the_loop_makes_the_tasks():
    """A task factory of the application's gets each item."""
    made = []

    def factory(loop, work, **kwargs):
        made.append(asyncio.Task(work, loop=loop, **kwargs))
        return made[-1]

    async def main():
        asyncio.get_running_loop().set_task_factory(factory)
        assert await wait.abatch([0, 0.001, 0]) == [0, 0.001, 0]
        assert len(made) == 3

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are Python 3.12's")
def test_eager_tasks():
    """Items may begin, end and fail while their tasks are being made."""

    async def body(x):
        if x < 0:
            raise ValueError(x)
        return await _wait(x) if x else asyncio.current_task()

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        runnable = RunnableLambda(body)
        with pytest.raises(ValueError, match="-1"):
            await runnable.abatch([FOREVER, -1, -2])
        outputs = await runnable.abatch([0, 0.001, 0])
        assert len({*outputs, asyncio.current_task()}) == 4
        assert await runnable.abatch([]) == []

    run(main)
