"""`OpenRun`: a run that its caller closes."""

from __future__ import annotations

import asyncio

import pytest

from ferrule._core import RunPlan
from ferrule.runnables import RunnableLambda
from tests.support.hearing import Hearing

echo = RunnableLambda(lambda x: x)


def plan():
    """A plan, and the handler that hears of its run."""
    handler = Hearing()
    return RunPlan("chain", echo, {"callbacks": [handler]}, payload=1), handler


def end(run):
    return run.aend("output")


def fail(run):
    return run.afail(ValueError("failed"))


@pytest.mark.parametrize("close", [end, fail])
def test_a_run_is_closed_when_that_is_awaited(close):
    """What `aend` and `afail` return closes the run once it is awaited, and only once."""

    async def main():
        made, handler = plan()
        run = await made.aopen()
        closing = close(run)
        assert not run.ended
        assert handler.hooks == ["chain_start"]
        await closing
        assert run.ended
        await run.aend("late")
        return handler.hooks[1:]

    assert asyncio.run(main()) == ["chain_end" if close is end else "chain_error"]


@pytest.mark.parametrize("close", [end, fail])
def test_a_closing_that_never_begins_leaves_the_run_to_be_closed(close):
    """One that was cancelled or dropped before it began closes nothing, and hinders nothing."""

    async def main():
        made, handler = plan()
        run = await made.aopen()
        cancelled = asyncio.ensure_future(close(run))
        cancelled.cancel()
        await asyncio.wait([cancelled])
        with pytest.warns(RuntimeWarning, match="never awaited"):
            close(run)
        assert not run.ended
        run.fail(KeyError("why it failed"))
        return handler.hooks[1:], handler.events[-1][1]

    hooks, error = asyncio.run(main())
    assert hooks == ["chain_error"]
    assert isinstance(error, KeyError)


def test_a_run_whose_closing_never_begins_is_failed_when_it_is_dropped():
    """The run does not stay open for ever."""

    async def main():
        made, handler = plan()
        run = await made.aopen()
        with pytest.warns(RuntimeWarning, match="never awaited"):
            run.aend("output")
        del run
        return handler.hooks[1:]

    assert asyncio.run(main()) == ["chain_error"]


def test_what_is_no_exception_is_refused_at_the_call():
    """`afail` says at once what it was given."""

    async def main():
        run = await plan()[0].aopen()
        with pytest.raises(TypeError, match="'oops'"):
            run.afail("oops")
        run.end(None)

    asyncio.run(main())
