"""Each run has a context of its own, shared by its hooks and its body, seen by nobody else."""

# Bodies are lambdas where the method itself would be given the config: what matters is that
# they pass none on.
# ruff: noqa: PLW0108

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar, copy_context

import pytest

from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from ferrule.runnables import RunnableGenerator, RunnableLambda, RunnableParallel
from tests.support.hearing import Hearing

var: ContextVar[str] = ContextVar("var", default="unset")
echo = RunnableLambda(lambda x: x, name="echo")


def run_async(runnable, x=1, config=None):
    async def main():
        return await runnable.ainvoke(x, config)

    return asyncio.run(main())


class Span(BaseCallbackHandler):
    """Sets a variable at the start and resets it at the end, as tracing spans do."""

    run_inline = True
    raise_error = True

    def __init__(self):
        self.tokens = {}
        self.seen = []

    def on_chain_start(self, serialized, inputs, *, run_id, name, **kwargs):
        self.seen.append(("start", name, var.get()))
        self.tokens[run_id] = var.set(f"{var.get()}/{name}")

    def close(self, run_id):
        self.seen.append(("end", var.get()))
        var.reset(self.tokens.pop(run_id))

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        self.close(run_id)

    def on_chain_error(self, error, *, run_id, **kwargs):
        self.close(run_id)


async def _aread(x):
    first = var.get()
    await asyncio.sleep(0)
    assert var.get() == first
    return first


read = RunnableLambda(lambda x: var.get(), _aread, name="read")


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_what_a_start_hook_sets_is_seen_by_the_body(drive):
    """A variable set by a start hook is seen by body and children, and reset by the end hook."""
    span = Span()
    nest = RunnableLambda(lambda x: read.invoke(x), lambda x: read.ainvoke(x), name="nest")
    config = {"callbacks": [span]}
    result = nest.invoke(1, config) if drive == "sync" else run_async(nest, 1, config)
    assert result == "unset/nest/read"
    assert span.seen == [
        ("start", "nest", "unset"),
        ("start", "read", "unset/nest"),
        ("end", "unset/nest/read"),
        ("end", "unset/nest"),
    ]
    assert not span.tokens
    assert var.get() == "unset"


@pytest.mark.parametrize("drive", ["sync", "async"])
def test_spans_are_reset_on_errors(drive):
    """The error hook runs in the run's context, too."""
    span = Span()

    def fail(x):
        raise ValueError(x)

    with pytest.raises(ValueError, match="1"):  # noqa: PT012  either way
        if drive == "sync":
            (echo | fail).invoke(1, {"callbacks": [span]})
        else:
            run_async(echo | fail, 1, {"callbacks": [span]})
    assert not span.tokens
    assert var.get() == "unset"


def test_spans_around_streams():
    """Each resumption of a stream's body sees what the start hook set; the consumer does not."""
    span, seen = Span(), []

    def chunks(inputs):
        for value in inputs:
            seen.append(var.get())
            yield value
            seen.append(var.get())
            yield value

    runnable = RunnableGenerator(chunks).with_config(run_name="stream")
    for _ in runnable.stream(1, {"callbacks": [span]}):
        assert var.get() == "unset"
    assert seen == ["unset/stream"] * 2

    async def achunks(inputs):
        async for value in inputs:
            seen.append(var.get())
            yield value
            await asyncio.sleep(0)
            seen.append(var.get())
            yield value

    async def main():
        stream = RunnableGenerator(achunks).with_config(run_name="stream")
        async for _ in stream.astream(1, {"callbacks": [span]}):
            assert var.get() == "unset"

    seen.clear()
    asyncio.run(main())
    assert seen == ["unset/stream"] * 2
    assert not span.tokens


def test_what_a_body_sets_does_not_leak():
    """What a body sets is seen by no caller, no sibling and no later run."""

    def set_it(x):
        before = var.get()
        var.set("leak")
        return before

    spy = RunnableLambda(set_it)
    assert (spy | read).invoke(1) == "unset"
    assert spy.batch([1, 2, 3]) == ["unset"] * 3
    assert RunnableParallel(a=spy, b=spy, c=read).invoke(1) == dict.fromkeys("abc", "unset")
    assert list(spy.stream(1)) == ["unset"]
    assert run_async(spy | read) == "unset"

    async def aset_it(x):
        return set_it(x)

    async def main():
        aspy = RunnableLambda(aset_it)
        assert await (aspy | read).ainvoke(1) == "unset"
        assert await aspy.abatch([1, 2, 3]) == ["unset"] * 3
        assert var.get() == "unset"

    asyncio.run(main())
    assert var.get() == "unset"


def test_a_body_sees_its_callers_variables():
    """Bodies, also those in threads, see what their caller has set."""
    token = var.set("caller")
    try:
        assert read.invoke(1) == "caller"
        assert read.batch([1] * 5, {"max_concurrency": 5}) == ["caller"] * 5
        assert RunnableParallel(a=read, b=read).invoke(1) == {"a": "caller", "b": "caller"}
        assert run_async(RunnableLambda(lambda x: var.get())) == "caller"
        assert run_async(read) == "caller"
    finally:
        var.reset(token)


def test_steps_see_what_the_sequences_hooks_set():
    """The steps of a sequence are below its context, each in a copy."""
    span = Span()
    assert (echo | read).invoke(1, {"callbacks": [span]}) == "unset/RunnableSequence/read"
    assert run_async(echo | read, 1, {"callbacks": [span]}) == "unset/RunnableSequence/read"


def test_async_hooks_see_the_runs_context():
    """A coroutine hook reads what an inline hook has set; what it sets stays its own."""
    seen = []

    class Reads(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            seen.append(var.get())
            await asyncio.sleep(0)
            seen.append(var.get())
            var.set("own")

    assert run_async(read, 1, {"callbacks": [Reads(), Span()]}) == "unset/read"
    assert seen == ["unset/read"] * 2


def test_scope_in_tasks_and_threads():
    """Runs in tasks and in threads with a copied context belong to the run around them."""
    handler = Hearing()

    async def body(x):
        task = asyncio.ensure_future(read.ainvoke(x))
        await asyncio.to_thread(echo.invoke, x)
        await task
        thread = threading.Thread(target=copy_context().run, args=(echo.invoke, x))
        thread.start()
        thread.join()
        return x

    run_async(RunnableLambda(body, name="nest"), 1, {"callbacks": [handler]})
    root, *others = handler.starts()
    assert sorted(start["name"] for start in others) == ["echo", "echo", "read"]
    assert {start["parent_run_id"] for start in others} == {root["run_id"]}


def test_no_scope_is_left_behind():
    """After a run, failed or not, the caller's next run is a root again."""
    handler = Hearing()
    config = {"callbacks": [handler]}
    for stream in (False, True):
        bad = RunnableLambda(lambda x: 1 // x)
        with pytest.raises(ZeroDivisionError):
            list(bad.stream(0, config)) if stream else bad.invoke(0, config)
    abandoned = echo.stream(1, config)
    next(abandoned)
    echo.invoke(1, config)
    abandoned.close()
    assert {start["parent_run_id"] for start in handler.starts()} == {None}
    inherited = Hearing()
    echo.invoke(1)
    assert inherited.events == []
    assert len(handler.starts()) == 4


def test_between_chunks_the_consumer_is_no_child():
    """What a consumer runs between two chunks is not below the stream's run."""
    handler = Hearing()

    async def main():
        async for _ in echo.astream(1, {"callbacks": [handler]}):
            await read.ainvoke(1, {"callbacks": [handler]})

    for _ in echo.stream(1, {"callbacks": [handler]}):
        echo.invoke(1, {"callbacks": [handler]})
    asyncio.run(main())
    assert {start["parent_run_id"] for start in handler.starts()} == {None}
    assert len(handler.starts()) == 4


def test_a_nested_loop_inherits():
    """asyncio.run inside of a sync body continues the scope."""
    handler = Hearing()
    nest = RunnableLambda(lambda x: run_async(read, x), name="nest")
    nest.invoke(1, {"callbacks": [handler]})
    nest_start, read_start = handler.starts()
    assert read_start["parent_run_id"] == nest_start["run_id"]
