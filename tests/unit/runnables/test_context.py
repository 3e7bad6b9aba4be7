from __future__ import annotations

from contextvars import ContextVar

import pytest

from ferrule.runnables.config import (
    ContextThreadPoolExecutor,
    ensure_config,
    get_executor_for_config,
    run_in_executor,
    set_config_context,
)

var: ContextVar[str] = ContextVar("var", default="none")


def test_calls_see_the_context_of_the_submitter():
    """Submitted and mapped calls run in copies of the caller's context."""
    var.set("caller")

    def look(_):
        seen = var.get()
        var.set("changed")
        return seen

    with ContextThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(look, 1).result() == "caller"
        # Iterators of unknown length, and a worker that is used twice.
        assert list(pool.map(look, iter([1, 2]))) == ["caller", "caller"]
    assert var.get() == "caller"


def test_the_config_limits_the_threads():
    """An executor has as many threads as `max_concurrency` says."""
    with get_executor_for_config({"max_concurrency": 1}) as pool:
        assert pool._max_workers == 1
    with get_executor_for_config(None) as pool:
        assert pool.submit(abs, -1).result() == 1


def test_calls_in_a_context_inherit_from_its_config():
    """What is run in a config's context inherits its tags; the caller's own does not change."""
    with set_config_context({"tags": ["t"]}) as context:
        assert context.run(ensure_config)["tags"] == ["t"]
    assert ensure_config()["tags"] == []


def test_blocking_calls_run_in_a_thread(run):
    """`run_in_executor` keeps the context, and turns StopIteration into an error that names it."""
    var.set("caller")

    def stops():
        raise StopIteration

    async def use():
        with pytest.raises(RuntimeError, match="stops"):
            await run_in_executor(None, stops)
        with ContextThreadPoolExecutor(1) as pool:
            assert await run_in_executor(pool, divmod, 7, 2) == (3, 1)
        return await run_in_executor({}, var.get)

    assert run(use()) == "caller"
