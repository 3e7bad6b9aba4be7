"""`run_awaitables`: what hooks returned in a sync run is awaited, on the right loop, in order."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import traceback

import pytest

from ferrule.callbacks import hook_loop
from ferrule.callbacks.hook_loop import run_awaitables

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def hooks(*coroutines):
    """Dress awaitables as the core does."""
    return [(object(), "on_chain_start", coroutine) for coroutine in coroutines]


@pytest.fixture
def application_loop():
    """An event loop that runs in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def running_loop(seen):
    await asyncio.sleep(0)
    seen.append(asyncio.get_running_loop())


def test_awaits_in_order_each_to_its_end():
    """The second hook starts after the first has ended."""
    log = []

    async def hook(name):
        log.append((name, "start"))
        await asyncio.sleep(0)
        log.append((name, "end"))

    assert run_awaitables(hooks(hook("a"), hook("b"))) == [None, None]
    assert log == [("a", "start"), ("a", "end"), ("b", "start"), ("b", "end")]


def test_returns_each_exception():
    """A failing hook leaves the next one alone, whatever class it raises."""

    async def hook(error):
        await asyncio.sleep(0)
        raise error

    errors = [ValueError("v"), KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()]
    done = []

    async def last():
        done.append(True)

    assert run_awaitables(hooks(*map(hook, errors), last())) == [*errors, None]
    assert done == [True]


def test_one_loop_for_all_events():
    """Every call without an application loop uses the same loop."""
    seen = []
    for _ in range(3):
        run_awaitables(hooks(running_loop(seen)))
    assert seen[0] is seen[1] is seen[2]


def test_uses_the_application_loop(application_loop):
    """A loop that runs in another thread runs the hooks."""
    seen = []
    run_awaitables(hooks(running_loop(seen)), loop=application_loop)
    assert seen == [application_loop]


def test_the_loop_of_the_calling_thread_is_not_used():
    """A call on a thread whose loop runs neither deadlocks nor uses that loop."""
    seen = []

    async def main():
        here = asyncio.get_running_loop()
        run_awaitables(hooks(running_loop(seen)), loop=here)
        return here

    assert asyncio.run(main()) is not seen[0]


def test_a_blocked_application_loop_is_passed_over(application_loop, monkeypatch):
    """A loop that waits for the caller is given up after a while, and at once the next time."""
    monkeypatch.setattr(hook_loop, "PATIENCE_SECONDS", 0.02)
    release = threading.Event()
    application_loop.call_soon_threadsafe(release.wait)
    seen = []
    run_awaitables(hooks(running_loop(seen)), loop=application_loop)
    monkeypatch.setattr(hook_loop, "PATIENCE_SECONDS", 1000)
    run_awaitables(hooks(running_loop(seen)), loop=application_loop)
    release.set()
    assert seen[0] is seen[1] is not application_loop


def test_a_loop_that_answers_again_is_used_again(application_loop, monkeypatch):
    """Being passed over ends with the block."""
    monkeypatch.setattr(hook_loop, "PATIENCE_SECONDS", 0.02)
    release = threading.Event()
    application_loop.call_soon_threadsafe(release.wait)
    seen = []
    run_awaitables(hooks(running_loop(seen)), loop=application_loop)
    release.set()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), application_loop).result()
    monkeypatch.setattr(hook_loop, "PATIENCE_SECONDS", 10)
    run_awaitables(hooks(running_loop(seen)), loop=application_loop)
    assert seen[1] is application_loop is not seen[0]


def test_a_closed_loop_is_passed_over():
    """A loop that runs no more is no obstacle."""
    loop = asyncio.new_event_loop()
    loop.close()
    seen = []
    run_awaitables(hooks(running_loop(seen)), loop=loop)
    assert len(seen) == 1


def test_a_hook_may_block_its_loop_on_further_hooks():
    """A hook that calls something synchronous with async hooks does not deadlock."""
    seen = []

    async def outer():
        seen.append(asyncio.get_running_loop())
        run_awaitables(hooks(running_loop(seen)))

    run_awaitables(hooks(outer()))
    assert seen[0] is not seen[1]


def test_a_hook_may_block_its_loop_on_a_thread_with_hooks(monkeypatch):
    """The same through a thread, where no running loop tells about the block."""
    monkeypatch.setattr(hook_loop, "PATIENCE_SECONDS", 0.02)
    seen = []

    async def outer():
        thread = threading.Thread(target=run_awaitables, args=[hooks(running_loop(seen))])
        thread.start()
        thread.join()

    assert run_awaitables(hooks(outer())) == [None]
    assert len(seen) == 1


def test_waits_for_tasks_that_hooks_started():
    """A task that a hook has started, or that such a task has started, is finished before."""
    log = []

    async def late(depth):
        await asyncio.sleep(0.001)
        log.append(depth)
        if depth:
            keep.append(asyncio.create_task(late(depth - 1)))

    keep = []

    async def hook():
        keep.append(asyncio.create_task(late(2)))

    run_awaitables(hooks(hook()))
    assert log == [2, 1, 0]


def test_does_not_wait_for_tasks_of_others():
    """A caller waits for its own hooks only."""
    started, waiting = threading.Event(), []

    async def slow():
        waiting.extend((asyncio.get_running_loop(), asyncio.Event()))
        started.set()
        await waiting[1].wait()

    other = threading.Thread(target=run_awaitables, args=[hooks(slow())])
    other.start()
    started.wait()
    seen = []
    run_awaitables(hooks(running_loop(seen)))
    assert len(seen) == 1
    assert other.is_alive()
    loop, release = waiting
    loop.call_soon_threadsafe(release.set)
    other.join()


def test_context_variables_reach_hooks_and_come_back():
    """A hook sees what the caller has set, and the caller what the hook has set."""
    seen = []

    async def hook():
        seen.append(VARIABLE.get())
        await asyncio.sleep(0)
        VARIABLE.set("hook")

    def run():
        VARIABLE.set("caller")
        run_awaitables(hooks(hook()))
        return VARIABLE.get()

    assert contextvars.copy_context().run(run) == "hook"
    assert seen == ["caller"]
    assert VARIABLE.get() == "unset"


def test_hooks_run_in_the_given_context_itself():
    """With a context of its own a hook can reset what an earlier one has set."""
    context = contextvars.copy_context()
    tokens = []

    async def enter():
        tokens.append(VARIABLE.set("inside"))
        await asyncio.sleep(0)

    async def leave():
        await asyncio.sleep(0)
        VARIABLE.reset(tokens.pop())

    assert run_awaitables(hooks(enter()), context=context) == [None]
    assert context[VARIABLE] == "inside"
    assert run_awaitables(hooks(leave()), context=context) == [None]
    assert VARIABLE not in context


def test_timeouts_inside_hooks_work():
    """Cancellation by asyncio itself works through the stepping."""

    async def hook():
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)

    [error] = run_awaitables(hooks(hook()))
    assert isinstance(error, (TimeoutError, asyncio.TimeoutError))


def test_plain_awaitables_are_awaited():
    """Any object with __await__ will do."""
    log = []

    class Plain:
        def __await__(self):
            log.append("start")
            yield from asyncio.sleep(0).__await__()
            log.append("end")

    assert run_awaitables(hooks(Plain())) == [None]
    assert log == ["start", "end"]


def test_a_task_of_another_loop_is_left_to_it():
    """A hook may return a task of the application: it is neither awaited nor a failure."""

    async def main():
        task = asyncio.create_task(asyncio.sleep(0, "done"))
        outcomes = run_awaitables(hooks(task))
        return outcomes, await task

    assert asyncio.run(main()) == ([None], "done")


def test_an_interrupt_cancels_the_hooks(monkeypatch):
    """Who stops waiting stops the hooks."""
    started, cancelled, wait = threading.Event(), threading.Event(), hook_loop._Work.wait

    async def hook():
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupted(_work):
        started.wait()
        raise KeyboardInterrupt

    async def never():
        raise AssertionError

    monkeypatch.setattr(hook_loop._Work, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_awaitables(hooks(hook(), never()))
    assert cancelled.wait(5)
    monkeypatch.setattr(hook_loop._Work, "wait", wait)
    assert run_awaitables(hooks(running_loop([]))) == [None]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_works_in_a_forked_child():
    """A child of a process whose loop is running gets a loop of its own; the parent's lives on."""
    run_awaitables(hooks(running_loop([])))
    child = os.fork()
    if child == 0:
        try:
            seen = []
            run_awaitables(hooks(running_loop(seen)))
            os._exit(0 if seen else 1)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert run_awaitables(hooks(running_loop([]))) == [None]
