"""Streams that are read by two at once, and streams that fail while their input is open."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableGenerator
from ferrule.testing import RecordingHandler
from tests.support.hearing import Hearing


@pytest.fixture
def heard():
    """A handler that records; every run that it heard of must have ended."""
    handler = RecordingHandler()
    yield handler
    handler.assert_all_runs_ended()


class Gate:
    """A stream of 0, 1, 2 that waits before each chunk until it is let on."""

    def __init__(self, handler):
        self.open = asyncio.Event()
        self.waits = asyncio.Event()
        self.stream = RunnableGenerator(self._chunks).astream(None, {"callbacks": [handler]})

    async def _chunks(self, inputs):
        async for _ in inputs:
            for number in range(3):
                self.waits.set()
                await self.open.wait()
                yield number

    async def pending(self):
        """A task that waits for the first chunk."""
        task = asyncio.ensure_future(self.stream.__anext__())
        await self.waits.wait()
        return task


@pytest.mark.parametrize("second", ["__anext__", "aclose"])
def test_a_second_reader_is_refused(heard, second):
    """While one waits for a chunk nobody else may read or close; the first loses nothing."""

    async def main():
        gate = Gate(heard)
        first = await gate.pending()
        with pytest.raises(RuntimeError, match="being read or closed elsewhere"):
            await getattr(gate.stream, second)()
        gate.open.set()
        return await first, [chunk async for chunk in gate.stream]

    assert asyncio.run(main()) == (0, [1, 2])
    assert heard.trace.names[-1] == "on_chain_end"


def test_a_cancelled_second_reader_harms_nobody(heard):
    """A task that is cancelled while another waits for a chunk does not interrupt that wait."""

    async def main():
        gate = Gate(heard)
        first = await gate.pending()
        second = asyncio.ensure_future(gate.stream.__anext__())
        second.cancel()
        await asyncio.wait([second])
        gate.open.set()
        assert second.cancelled()
        return await first, [chunk async for chunk in gate.stream]

    assert asyncio.run(main()) == (0, [1, 2])


def test_an_awaited_chunk_cannot_be_awaited_again():
    """What `__anext__` gives is good for one chunk."""

    async def main():
        gate = Gate(RecordingHandler())
        gate.open.set()
        step = gate.stream.__anext__()
        assert await step == 0
        with pytest.raises(RuntimeError, match="awaited already"):
            await step
        return [chunk async for chunk in gate.stream]

    assert asyncio.run(main()) == [1, 2]


def test_a_wait_that_is_let_go_ends_the_run(heard):
    """If nobody can ever go on with a chunk that is waited for, the stream is closed."""

    async def main():
        gate = Gate(heard)
        step = gate.stream.__anext__()
        step.send(None)
        del step
        gc.collect()
        with pytest.raises(StopAsyncIteration):
            await gate.stream.__anext__()

    asyncio.run(main())
    assert heard.trace.names[-1] == "on_chain_error"


@pytest.mark.parametrize("helps", [True, False])
def test_a_stream_that_no_loop_closes(helps, monkeypatch):
    """A stream that is let go of where its loop's hook ignores it, or fails, ends once."""
    heard, unraisable = Hearing(), []
    # The exception itself would keep the stream, by the frames of its traceback.
    note = lambda report: unraisable.append(report.exc_type)  # noqa: E731
    monkeypatch.setattr(sys, "unraisablehook", note)

    def finalizer(stream):
        if not helps:
            raise OSError("no loop")

    async def main():
        hooks = sys.get_asyncgen_hooks()
        stream = RunnableGenerator(atwo).astream(0, {"callbacks": [heard]})
        sys.set_asyncgen_hooks(finalizer=finalizer)
        try:
            await anext(stream)
        finally:
            sys.set_asyncgen_hooks(*hooks)
        del stream
        gc.collect()

    asyncio.run(main())
    assert heard.hooks == ["chain_start", "chain_error"]
    # The async generators below the stream are let go of, too, and told on their own.
    assert set(unraisable) == (set() if helps else {OSError})


def two(inputs):
    for _ in inputs:
        yield 1
        yield 2


def fails(inputs):
    for _ in inputs:
        raise ValueError("mine")
    yield


async def atwo(inputs):
    async for _ in inputs:
        yield 1
        yield 2


async def afails(inputs):
    async for _ in inputs:
        raise ValueError("mine")
    yield


class Refusing(BaseCallbackHandler):
    """Refuses the start of runs named second."""

    run_inline = raise_error = True

    def on_chain_start(self, *args, name, **kwargs):
        if name == "second":
            raise ValueError("mine")


def pair(up, down):
    return (
        RunnableGenerator(up).with_config(run_name="first"),
        RunnableGenerator(down).with_config(run_name="second"),
    )


def told(handler):
    return [
        (event.event, event.details.get("name") or repr(event.payload[0]))
        for event in handler.trace
    ]


ENDS = [
    ("on_chain_start", "first"),
    ("on_chain_start", "second"),
    ("on_chain_end", "1"),
    ("on_chain_error", "ValueError('mine')"),
]


def test_a_failed_transform_closes_its_input_first(heard):
    """What a transform reads ends before the transform's own error is told."""
    first, second = pair(two, fails)
    config = {"callbacks": [heard]}
    with pytest.raises(ValueError, match="mine"):
        list(second.transform(first.stream(0, config), config))
    assert told(heard) == ENDS


def test_a_failed_async_transform_closes_its_input_first(heard):
    """What a transform reads ends before the transform's own error is told."""
    first, second = pair(atwo, afails)
    config = {"callbacks": [heard]}

    async def main():
        return [chunk async for chunk in second.atransform(first.astream(0, config), config)]

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(main())
    assert told(heard) == ENDS


def test_a_refused_transform_closes_its_input(heard):
    """A transform whose start a handler refuses leaves nothing open that it would have read."""
    first, second = pair(two, two)
    with pytest.raises(ValueError, match="mine"):
        list(second.transform(first.stream(0, {"callbacks": [heard]}), {"callbacks": [Refusing()]}))
    assert [name for name, _ in told(heard)] == ["on_chain_start", "on_chain_end"]


def test_a_refused_async_transform_closes_its_input(heard):
    """A transform whose start a handler refuses leaves nothing open that it would have read."""
    first, second = pair(atwo, atwo)

    async def main():
        up = first.astream(0, {"callbacks": [heard]})
        with pytest.raises(ValueError, match="mine"):
            await anext(second.atransform(up, {"callbacks": [Refusing()]}))
        heard.assert_all_runs_ended()

    asyncio.run(main())


def test_a_failure_while_closing_has_the_first_as_its_context():
    """If closing the input fails too, that is raised, with the transform's error as context."""

    class Unclosable:
        def __iter__(self):
            return self

        def __next__(self):
            return 1

        def close(self):
            raise OSError("while closing")

    with pytest.raises(OSError, match="while closing") as raised:
        list(RunnableGenerator(fails).transform(Unclosable()))
    assert isinstance(raised.value.__context__, ValueError)
