"""Async hooks that suspend go on in tasks of their own; those that don't cost none."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ferrule.callbacks import AsyncCallbackHandler, AsyncCallbackManager
from ferrule.runnables import RunnableLambda

if TYPE_CHECKING:
    from collections.abc import Iterator


async def add_one(x: int) -> int:
    return x + 1


class Ends(AsyncCallbackHandler):
    """Does something at the end of a run, and remembers the task that it was done in."""

    def __init__(self, work: Any = None) -> None:
        self.work = work
        self.before: list[Any] = []
        self.after: list[Any] = []

    async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        self.before.append(asyncio.current_task())
        if self.work is not None:
            await self.work()
        self.after.append(asyncio.current_task())


async def invoke(*handlers: Any) -> None:
    await RunnableLambda(add_one).ainvoke(1, {"callbacks": list(handlers)})


def test_a_hook_that_suspends_stays_in_the_task_that_it_was_begun_in() -> None:
    """Each end hook has one task from its first step to its last, and it is not the caller's."""

    async def main() -> None:
        handlers = [Ends(lambda: asyncio.sleep(0)) for _ in range(3)]
        await invoke(*handlers)
        tasks = [handler.before[0] for handler in handlers]
        assert [handler.after[0] for handler in handlers] == tasks
        assert len({*tasks, asyncio.current_task()}) == 4

    asyncio.run(main())


def test_hooks_that_finish_at_once_share_a_task_that_nobody_sees() -> None:
    """A loop keeps one task ready, which is not among its tasks and outlives no loop."""

    async def main() -> Any:
        caller = asyncio.current_task()
        handler = Ends()
        for _ in range(5):
            await invoke(handler)
            await asyncio.sleep(0)
        assert len({id(task) for task in handler.before}) == 1
        assert handler.before[0] is not caller
        assert asyncio.all_tasks() == {caller}
        assert asyncio.current_task() is caller
        return weakref.ref(handler.before[0])

    ready = asyncio.run(main())
    gc.collect()
    assert ready() is None


def test_a_timeout_inside_a_hook_times_out_the_hook_alone() -> None:
    """Timeouts cancel the task that they were entered in: the hook's, never the caller's."""

    async def slow() -> None:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except asyncio.TimeoutError:
            return

    async def main() -> None:
        handler = Ends(slow)
        await invoke(handler, Ends())
        assert handler.after == handler.before

    asyncio.run(main())


def test_a_hook_that_runs_something_with_hooks_of_its_own_has_its_task_to_itself() -> None:
    """While a hook is begun, what it invokes gets another task."""
    inner = Ends(lambda: asyncio.sleep(0))

    async def nested() -> None:
        # A manager takes the place of the handlers around the call, the outer hook's own.
        manager = AsyncCallbackManager([inner])
        await RunnableLambda(add_one).ainvoke(1, {"callbacks": manager})
        await asyncio.sleep(0)

    async def main() -> None:
        outer = Ends(nested)
        await invoke(outer)
        assert outer.after == outer.before
        assert inner.after[0] is inner.before[0]
        assert inner.before[0] is not outer.before[0]

    asyncio.run(main())


def test_a_hook_that_was_cancelled_before_the_loop_saw_it_is_cancelled_where_it_waits() -> None:
    """Cancelling a hook's new task cancels what the hook waits for."""
    waited_for: list[asyncio.Future[None]] = []

    async def wait() -> None:
        waited_for.append(asyncio.get_running_loop().create_future())
        await waited_for[0]

    class Canceller(AsyncCallbackHandler):
        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            waiting.before[0].cancel()

    waiting = Ends(wait)

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await invoke(waiting, Canceller())
        assert waited_for[0].cancelled()

    asyncio.run(main())
    assert waiting.after == []


@pytest.mark.parametrize("turns", [0, 2], ids=["new", "waiting"])
def test_a_hook_that_cancels_its_own_task(turns: int) -> None:
    """It is cancelled where it waits next, and may go on, as in a task of its own."""

    async def main() -> list[str]:
        await invoke(Ends())
        for _ in range(turns):  # the loop begins the task on standby
            await asyncio.sleep(0)
        said = []

        async def work() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                said.append("cancelled")
                task.uncancel() if hasattr(task, "uncancel") else None
            await asyncio.sleep(0)
            said.append("went on")

        await invoke(Ends(work))
        return said

    assert asyncio.run(main()) == ["cancelled", "went on"]


def test_a_task_that_was_taken_over_is_freed_with_its_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a hook that suspended has raised goes without a garbage collection."""
    # pytest keeps what is logged, and with it the exceptions and their frames.
    monkeypatch.setattr(logging.getLogger("ferrule.callbacks"), "disabled", True)

    class Payload:
        pass

    class Fails(AsyncCallbackHandler):
        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            payload = Payload()
            gone.append(weakref.ref(payload))
            await asyncio.sleep(0)
            raise ValueError(payload)

    gone: list[Any] = []

    async def main() -> None:
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                await invoke(Fails(), Fails())
                await asyncio.sleep(0)
            assert [payload() for payload in gone] == [None] * 6
        finally:
            gc.enable()

    asyncio.run(main())


def test_the_task_on_standby_keeps_nothing_of_the_run_that_it_was_made_for() -> None:
    """Its context is empty: context variables of the first run are not held by the loop."""
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")

    class Value:
        """Something that can be watched."""

    async def first() -> Any:
        value = Value()
        variable.set(value)
        await invoke(Ends())
        return weakref.ref(value)

    async def main() -> None:
        value = await asyncio.create_task(first())
        await asyncio.sleep(0)  # asyncio itself lets go of a task's context with the next step
        gc.collect()
        assert value() is None

    asyncio.run(main())


def test_hooks_that_finish_at_once_need_no_event_loop() -> None:
    """A run whose coroutines never suspend can be driven by hand."""
    ended = []

    class Handler(AsyncCallbackHandler):
        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            ended.append(outputs)

    coroutine = RunnableLambda(add_one).ainvoke(1, {"callbacks": [Handler()]})
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    assert stopped.value.value == 2
    assert ended == [2]


@contextmanager
def busy_loop_elsewhere() -> Iterator[None]:
    """A loop in another thread that is in the middle of a task's step."""
    started, finish = threading.Event(), threading.Event()

    async def block() -> None:
        started.set()
        finish.wait()

    thread = threading.Thread(target=asyncio.run, args=(block(),))
    thread.start()
    started.wait()
    try:
        yield
    finally:
        finish.set()
        thread.join()


def test_a_hook_belongs_to_the_loop_of_its_own_thread() -> None:
    """Loops of other threads that are busy at that moment are not taken for the caller's."""

    async def main() -> None:
        handler = Ends(lambda: asyncio.sleep(0))
        await invoke(handler)
        assert handler.after == handler.before
        assert handler.before[0].get_loop() is asyncio.get_running_loop()

    with busy_loop_elsewhere():
        asyncio.run(main())


def test_a_run_by_hand_is_not_taken_for_one_of_a_busy_loop() -> None:
    """A coroutine that is driven without a loop has none, whatever other threads do."""
    seen = []

    class Asks(AsyncCallbackHandler):
        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
            seen.append(asyncio._get_running_loop())

    with busy_loop_elsewhere():
        run = invoke(Asks())
        with pytest.raises(StopIteration):
            run.send(None)
    assert seen == [None]
