"""What is open when the interpreter exits does not crash it, and does not keep it waiting."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROLOGUE = """
import asyncio
from ferrule._core import RunPlan
from ferrule.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from ferrule.runnables import RunnableLambda

class Sync(BaseCallbackHandler):
    run_inline = True
    def on_chain_start(self, *args, **kwargs): pass
    def on_chain_end(self, *args, **kwargs): pass
    def on_chain_error(self, *args, **kwargs): pass

class Async(AsyncCallbackHandler):
    async def on_chain_start(self, *args, **kwargs): await asyncio.sleep(0)
    async def on_chain_end(self, *args, **kwargs): await asyncio.sleep(0)
    async def on_chain_error(self, *args, **kwargs): await asyncio.sleep(0)

async def sleep(x): await asyncio.sleep(x)
echo, wait = RunnableLambda(lambda x: x), RunnableLambda(sleep)
config = {"callbacks": HANDLERS}
loop = asyncio.new_event_loop()

class Keep:
    "In a cycle with itself, so that only the last collection of all finds it."
    def __init__(self, it): self.it, self.me = it, self

"""
OPEN = {
    "open run": "kept = RunPlan('chain', echo, config, payload=1).open()",
    "async open run": """
async def main(): return await RunPlan('chain', echo, config, payload=1).aopen()
kept = loop.run_until_complete(main())
""",
    "stream": "kept = echo.stream(1, config); next(kept)",
    "async stream": """
kept = echo.astream(1, config)
async def main(): return await anext(kept)
loop.run_until_complete(main())
""",
    "coroutine": """
kept = wait.ainvoke(0, config)
async def main(): kept.send(None)
loop.run_until_complete(main())
""",
    "coroutine that was never awaited": "kept = wait.ainvoke(0, config)",
    "pending task": """
async def main():
    task = loop.create_task(wait.ainvoke(3600, config))
    await asyncio.sleep(0.01)
    return task
kept = loop.run_until_complete(main())
""",
    "run manager": """
from ferrule.callbacks import CallbackManager
kept = CallbackManager(HANDLERS, HANDLERS).on_chain_start({}, 1)
""",
    "body in a helper": """
import threading
kept = threading.Event()
threading.Thread(target=lambda: echo.batch([1, 2, 3], config), daemon=True).start()
""",
}


WORK = {
    "invoke": "echo.invoke(1, config)",
    "sequence": "(echo | echo).invoke(1, config)",
    "parallel": "pair.invoke(1, config)",
    "batch": "echo.batch([1, 2, 3], config)",
    "stream": "list((echo | echo).stream(1, config))",
    "binding": "echo.with_config(config).invoke(1)",
    "python steps": "(echo | Own()).invoke(1, config)",
    "ainvoke": "asyncio.run((echo | wait).ainvoke(0, config))",
    "chat model": "list(model.stream('a b c', config))",
}


def ends_in_peace(program):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for word in ("panic", "fatal", "segmentation"):
        assert word not in done.stderr.lower(), done.stderr


@pytest.mark.parametrize("held", ["module", "cycle"])
@pytest.mark.parametrize("handlers", ["[]", "[Sync(), Async()]"])
@pytest.mark.parametrize("what", OPEN)
def test_exit_with_something_open(what, handlers, held):
    """The process ends by itself, with status 0 and without a crash report."""
    keep = {"module": "", "cycle": "Keep(kept); del kept"}
    program = (PROLOGUE + OPEN[what] + "\n" + keep[held]).replace("HANDLERS", handlers)
    ends_in_peace(program)


@pytest.mark.parametrize("handlers", ["[]", "[Sync()]"])
@pytest.mark.parametrize("work", WORK)
def test_exit_with_a_daemon_thread_at_work(work, handlers):
    """A thread that comes back to the interpreter after its end does not take the process down."""
    program = (
        PROLOGUE
        + f"""
import itertools, threading
from ferrule.language_models import FakeListChatModel
from ferrule.runnables import Runnable, RunnableParallel
class Own(Runnable):
    def invoke(self, input, config=None, **kwargs): return sum(range(1000))
pair = RunnableParallel(a=echo, b=echo)
model = FakeListChatModel(responses=["a b c"])
under_way = threading.Event()
def work():
    for turn in itertools.count():
        {WORK[work]}
        if turn == 3: under_way.set()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
under_way.wait()
"""
    ).replace("HANDLERS", handlers)
    ends_in_peace(program)


@pytest.mark.parametrize("kept", ["late", "sys.late", "builtins.late", "Keep"])
@pytest.mark.parametrize("work", WORK)
def test_exit_with_a_finaliser_at_work(work, kept):
    """An object whose finaliser uses runnables at the end does not take the process down."""
    program = (
        PROLOGUE
        + f"""
import builtins, sys
from ferrule.language_models import FakeListChatModel
from ferrule.runnables import Runnable, RunnableParallel
class Own(Runnable):
    def invoke(self, input, config=None, **kwargs): return 1
names = dict(
    echo=echo, wait=wait, config=config, asyncio=asyncio, Own=Own,
    pair=RunnableParallel(a=echo, b=echo), model=FakeListChatModel(responses=["a b c"]),
)
class Late:
    def __del__(self, names=names, run=exec, work={WORK[work]!r}): run(work, names)
{"Keep(Late())" if kept == "Keep" else f"{kept} = Late()"}
"""
    ).replace("HANDLERS", "[Sync(), Async()]")
    ends_in_peace(program)
