"""Measurements that need a process of their own: `python -m benches.fresh WHAT CONTESTANT COUNT`.

Each prints one JSON object. What an import costs, whether finished runs leave memory behind, and
what a run that is under way occupies.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MEASUREMENTS", "measure_afresh"]

ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = {"ferrule": "ferrule", "langchain-core": "langchain_core"}


def measure_afresh(what: str, contestant: str, count: int = 1) -> dict[str, float]:
    """Run one measurement in a new interpreter and return what it found."""
    outcome = subprocess.run(
        [sys.executable, "-m", "benches.fresh", what, contestant, str(count)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *_inherited_path()]),
            # An installed package comes with bytecode. A checkout has none where the environment
            # forbids to write it, and would be compiled at every import.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": _bytecode(),
        },
    )
    if outcome.returncode:
        raise RuntimeError(f"{what} of {contestant} failed:\n{outcome.stderr}")
    found: dict[str, float] = json.loads(outcome.stdout)
    return found


@functools.cache
def _bytecode() -> str:
    """Return a folder for the bytecode of all contestants that lasts as long as this process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _inherited_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


# ----------------------------------------------------------------- what an import costs


def _import_cost(source: str, contestant: str) -> dict[str, float]:
    """Execute source that imports, with `ROOT` standing for the library's package."""
    code = compile(source.replace("ROOT", _PACKAGES[contestant]), "<import>", "exec")
    known, start = len(sys.modules), time.process_time()
    exec(code, {})
    seconds = time.process_time() - start
    return {"seconds": seconds, "modules": len(sys.modules) - known, "peak_kib": _peak_kib()}


_IMPORT_RUNNABLES = """
from ROOT.runnables import RunnableLambda
from ROOT.callbacks import CallbackManager
"""

_IMPORT_EXAMPLE = """
from ROOT.callbacks import BaseCallbackHandler
from ROOT.language_models import FakeListChatModel
from ROOT.prompts import ChatPromptTemplate

class Handler(BaseCallbackHandler):
    def on_chain_start(self, serialized, inputs, **kwargs): ...
    def on_chat_model_start(self, serialized, messages, **kwargs): ...
    def on_llm_end(self, response, **kwargs): ...

prompt = ChatPromptTemplate.from_messages(["What is 1 + {number}?"])
chain = prompt | FakeListChatModel(responses=["3"])
assert chain.invoke({"number": "2"}, {"callbacks": [Handler()]}).content == "3"
"""


def import_runnables(contestant: str, _: int) -> dict[str, float]:
    """Import `RunnableLambda` and `CallbackManager`."""
    return _import_cost(_IMPORT_RUNNABLES, contestant)


def import_example(contestant: str, _: int) -> dict[str, float]:
    """Import all that the documented example needs, and run it once."""
    return _import_cost(_IMPORT_EXAMPLE, contestant)


# -------------------------------------------------------------------------------- memory


def finished_runs(contestant: str, count: int) -> dict[str, float]:
    """Make so many runs with a handler that follows them, after a tenth as many to settle."""
    from benches.libraries import library  # noqa: PLC0415  imports are measured here, too

    lib = library(contestant)

    class Tracker(lib.BaseCallbackHandler):
        """Keeps a record of each run that is open, as tracers do."""

        def __init__(self) -> None:
            self.open: dict[Any, Any] = {}

        def on_chain_start(
            self, serialized: Any, inputs: Any, *, run_id: Any, **kwargs: Any
        ) -> None:
            self.open[run_id] = inputs

        def on_chain_end(self, outputs: Any, *, run_id: Any, **kwargs: Any) -> None:
            del self.open[run_id]

    tracker = Tracker()
    invoke, config = lib.RunnableLambda(lambda x: x + 1).invoke, {"callbacks": [tracker]}
    for _ in repeat(None, max(1, count // 10)):
        invoke(1, config)
    gc.collect()
    before, start = _resident_bytes(), time.process_time()
    for _ in repeat(None, count):
        invoke(1, config)
    seconds = (time.process_time() - start) / count
    gc.collect()
    if tracker.open:
        raise RuntimeError(f"{len(tracker.open)} runs never ended.")
    return {"seconds": seconds, "runs": count, "growth_bytes": _resident_bytes() - before}


def runs_in_flight(contestant: str, count: int) -> dict[str, float]:
    """Hold so many `ainvoke`s inside their function, and see what they occupy."""
    from benches.libraries import library  # noqa: PLC0415  imports are measured here, too

    lib = library(contestant)

    class Handler(lib.AsyncCallbackHandler):
        async def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None: ...
        async def on_chain_end(self, outputs: Any, **kwargs: Any) -> None: ...

    async def hold() -> dict[str, float]:
        arrived, all_arrived, release = 0, asyncio.Event(), asyncio.Event()

        async def wait(x: int) -> int:
            nonlocal arrived
            arrived += 1
            if arrived == expected:
                all_arrived.set()
            await release.wait()
            return x

        runnable, config = lib.RunnableLambda(wait), {"callbacks": [Handler()]}
        expected = 1
        release.set()
        await runnable.ainvoke(0, config)
        release.clear()
        all_arrived.clear()
        arrived, expected = 0, count
        gc.collect()
        before, start = _resident_bytes(), time.process_time()
        tasks = [asyncio.ensure_future(runnable.ainvoke(i, config)) for i in range(count)]
        await all_arrived.wait()
        occupied = _resident_bytes() - before
        release.set()
        await asyncio.gather(*tasks)
        seconds = (time.process_time() - start) / count
        return {"seconds": seconds, "runs": count, "bytes_per_run": occupied / count}

    return {**asyncio.run(hold()), "peak_kib": _peak_kib()}


def _resident_bytes() -> int:
    """Return what the process occupies now, or at its peak where the system tells only that."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return _peak_kib() * 1024
    return pages * resource.getpagesize()


def _peak_kib() -> int:
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0])
    except OSError:  # the system has no /proc
        pass
    # Elsewhere; on Linux this would count the parent's peak before the new program began.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


MEASUREMENTS: dict[str, Callable[[str, int], dict[str, float]]] = {
    "import.runnables_and_callbacks": import_runnables,
    "import.documented_example": import_example,
    "memory.finished_runs": finished_runs,
    "memory.runs_in_flight": runs_in_flight,
}

if __name__ == "__main__":
    _, _what, _contestant, _count = sys.argv
    json.dump(MEASUREMENTS[_what](_contestant, int(_count)), sys.stdout)
