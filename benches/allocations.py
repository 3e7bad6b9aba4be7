"""Count what the workloads allocate: `python -m benches.allocations [NAME …]` prints a table.

Blocks and bytes per run, of Python objects and of everything else, whether they are freed at once
or kept. A small library is loaded before the C library for that (`floor/counting.c`), and Python is
told to ask the C library for every object. Needs Linux with glibc, and a C compiler.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import platform
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import benches.scenarios  # noqa: F401  registers the workloads
from benches import floor
from benches.libraries import CONTESTANTS, FERRULE, FLOOR, Absent, library
from benches.workload import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["count", "main"]

ROOT = Path(__file__).resolve().parents[1]
CALLS = 200
NAMES = (
    "invoke.h0",
    "invoke.h1",
    "invoke.h5",
    "invoke.h20",
    "sequence10.h1",
    "nested50.h1",
    "ainvoke.h0",
    "ainvoke.h1_async",
    "ainvoke.h5_async",
    "on_chain_start.h1",
    "on_chain_end.h1",
    "get_child",
    "configure.10_plus_10",
    "tool.h1",
    "retriever.h1",
    "parser.h1",
    "prompt_chat.h1",
)


def count(contestant: str, names: list[str]) -> dict[str, tuple[float, float]]:
    """Return blocks and bytes per run of each workload, counted in a process of its own.

    Raises:
        Unavailable: Allocations cannot be counted here.
    """
    if platform.libc_ver()[0] != "glibc":
        raise floor.Unavailable("Allocations are counted with glibc only.")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise floor.Unavailable("Free-threaded builds have their own allocator alone.")
    outcome = subprocess.run(
        [sys.executable, "-m", "benches.allocations", "--perform", contestant, *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "LD_PRELOAD": str(floor.build("counting.c")),
            "PYTHONMALLOC": "malloc",
            "PYTHONHASHSEED": "0",
        },
    )
    if outcome.returncode:
        raise RuntimeError(f"Counting what {contestant} allocates failed:\n{outcome.stderr}")
    return {name: (blocks, size) for name, (blocks, size) in json.loads(outcome.stdout).items()}


@dataclass
class _Tally:
    """What was allocated between entering and leaving, without garbage collections."""

    counters: Any
    units: int
    found: tuple[float, float] = (0, 0)

    def __enter__(self) -> None:
        gc.collect()
        gc.disable()
        self._before = self._read()

    def __exit__(self, *_: object) -> None:
        after, runs = self._read(), CALLS * self.units
        gc.enable()
        blocks, size = (now - then for now, then in zip(after, self._before, strict=True))
        self.found = blocks / runs, size / runs

    def _read(self) -> tuple[int, int]:
        return self.counters.allocated_blocks(), self.counters.allocated_bytes()


def _perform(contestant: str, names: list[str]) -> dict[str, tuple[float, float]]:
    counters = ctypes.CDLL(None)
    for counter in (counters.allocated_blocks, counters.allocated_bytes):
        counter.restype = ctypes.c_ulonglong
    found = {}
    for name in names:
        workload = WORKLOADS[name]
        call, tally = workload.build(library(contestant)), _Tally(counters, workload.count)
        if workload.is_async:
            asyncio.run(_awaited(call, tally))
        else:
            _repeated(call)
            with tally:
                _repeated(call)
        found[name] = tally.found
    return found


def _repeated(call: Callable[[], Any]) -> None:
    for _ in repeat(None, CALLS):
        call()


async def _awaited(call: Callable[[], Any], tally: _Tally) -> None:
    """Count with what the event loop allocates for those who suspend."""
    for _ in repeat(None, CALLS):
        await call()
    with tally:
        for _ in repeat(None, CALLS):
            await call()


def main(arguments: list[str]) -> int:
    """Count in all contestants and print a table, or count in one for `count`."""
    if arguments[:1] == ["--perform"]:
        json.dump(_perform(arguments[1], arguments[2:]), sys.stdout)
        return 0
    names = arguments or list(NAMES)
    counted = {}
    for contestant in CONTESTANTS:
        can = [n for n in names if contestant != FLOOR or WORKLOADS[n].has_floor]
        try:
            library(contestant)
            counted[contestant] = count(contestant, can)
        except (Absent, floor.Unavailable) as reason:
            print(f"skipped: {contestant} ({reason})")
    print(f"blocks / bytes per run{'':<16}" + "".join(f"{c:>22}" for c in counted))
    for name in names:
        cells = []
        for rows in counted.values():
            blocks, size = rows.get(name, (None, None))
            cells.append("-" if blocks is None else f"{blocks:,.1f} / {size:,.0f}")
        print(f"{name:<38}" + "".join(f"{cell:>22}" for cell in cells))
    return 0 if FERRULE in counted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
