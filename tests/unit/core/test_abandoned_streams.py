"""Async streams that nobody reads to their end, when their event loop ends."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.callbacks import AsyncCallbackHandler
from ferrule.language_models import FakeListChatModel
from ferrule.output_parsers import StrOutputParser
from ferrule.prompts import ChatPromptTemplate
from ferrule.runnables import RunnableBranch, RunnableLambda, RunnablePassthrough
from tests.support.hearing import HOOKS, Hearing

spoken = (
    ChatPromptTemplate.from_template("{x}")
    | FakeListChatModel(responses=["a b c d"])
    | StrOutputParser()
)


async def numbers(x):
    """Make three chunks of any input."""
    for number in range(3):
        yield number


counted = RunnableLambda(numbers, name="numbers")

CHAINS = {
    "sequence": spoken,
    "generator": counted | RunnablePassthrough(),
    "lambda": RunnableLambda(lambda x: spoken, name="outer"),
    "branch": RunnableBranch((lambda x: True, spoken), spoken),
    "fallback": spoken.with_fallbacks([spoken]),
    "bound": spoken.with_config(tags=["bound"]),
}


class Thread(Hearing):
    """Is told on a worker thread, so that the closing waits."""

    run_inline = False


class Later(AsyncCallbackHandler):
    """Waits in its end hooks; a loop that shuts down may cancel that."""

    def __init__(self):
        self.events = []


def _later(hook):
    async def write(self, *args, **kwargs):
        self.events.append((hook, args[-1], kwargs))
        if hook.endswith(("_end", "_error")):
            await asyncio.sleep(0)

    return write


for _hook in HOOKS:
    setattr(Later, _hook, _later(_hook))

HANDLERS = pytest.mark.parametrize("handler", [Hearing, Thread, Later])


def check(handler):
    """Every run ended well, once, after the runs below it."""
    open_runs = {}
    for hook, _, keywords in handler.events:
        run, parent = keywords["run_id"], keywords["parent_run_id"]
        if hook.endswith("_start"):
            open_runs[run] = parent
        elif hook.endswith("_end"):
            assert run in open_runs
            del open_runs[run]
            assert run not in open_runs.values()
        else:
            assert hook == "on_llm_new_token"
    assert open_runs == {}


@HANDLERS
@pytest.mark.parametrize("name", CHAINS)
def test_a_stream_that_is_left_last(name, handler, caplog):
    """A stream that the program's last statement leaves ends its runs, from the innermost on."""
    told = handler()

    async def main():
        async for _ in CHAINS[name].astream({"x": 1}, {"callbacks": [told]}):
            break

    asyncio.run(main())
    check(told)
    assert caplog.records == []


@HANDLERS
@pytest.mark.parametrize("name", CHAINS)
def test_a_stream_that_is_kept(name, handler, caplog):
    """A stream that is kept while its loop shuts down is closed by it, from the innermost on."""
    told = handler()

    async def main():
        stream = CHAINS[name].astream({"x": 1}, {"callbacks": [told]})
        await anext(stream)
        return stream

    kept = asyncio.run(main())
    check(told)
    assert caplog.records == []
    del kept
    check(told)
