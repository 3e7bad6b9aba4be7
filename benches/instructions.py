"""Count the instructions of the main workloads, and compare with the counts that are kept.

    python -m benches.instructions            fails if a count is worse than 3 %
    python -m benches.instructions --update   keeps the counts of this build

Counts do not depend on what else the machine does, so that a small loss shows. They do depend on
the interpreter and the processor: `instructions.json` has a column for each that was counted on.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic

import benches.scenarios  # noqa: F401  registers the workloads
from benches import floor
from benches.libraries import FERRULE, FLOOR, library
from benches.workload import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOLERANCE", "compare", "main"]

TOLERANCE = 0.03

# CPython's cache of attributes has one place for several pairs of class and name: counts vary by up
# to 3 % with where pydantic's classes happen to lie in it. The least of some rounds counts.
ROUNDS = 3
KEPT = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).resolve().parents[1]

# Workload -> calls that are counted, after a quarter as many that are not: what is remembered or
# made for frequent use, such as hooks' twins, is there by then. The count is per call.
MAIN = {
    "invoke.h0": 500,
    "invoke.h1": 500,
    "invoke.h5": 200,
    "invoke.h20": 100,
    "invoke.with_config_plus_runtime": 300,
    "sequence10.h1": 50,
    "nested50.h1": 20,
    "prompt_chat.h1": 300,
    "stream1000.list_model": 2,
    "ainvoke.h1_async": 300,
}


def _tasks() -> list[tuple[str, str]]:
    """List what is counted, in order: workload and contestant."""
    return [
        (name, contestant)
        for name in MAIN
        for contestant in (FERRULE, FLOOR)
        if contestant == FERRULE or WORKLOADS[name].has_floor
    ]


# ----------------------------------------------------------------- in the counted process


def _perform() -> None:
    """Make every call; callgrind counts what happens below `floor_measured`, once per task."""
    measure = floor.load().measure
    for number in range(ROUNDS):
        # A class that is changed, and all that derive from it, get other places.
        pydantic.BaseModel._ferrule_round = number  # type: ignore[attr-defined]
        for name, contestant in _tasks():
            workload = WORKLOADS[name]
            call = workload.build(library(contestant))
            if workload.is_async:
                asyncio.run(_measure_steps(measure, call, MAIN[name]))
            else:
                _measure(measure, call, MAIN[name])


def _measure(measure: Any, call: Callable[[], Any], times: int) -> None:
    for _ in range(max(3, times // 4)):
        call()
    gc.collect()
    gc.disable()
    measure(call, times)
    gc.enable()


async def _measure_steps(measure: Any, call: Callable[[], Any], times: int) -> None:
    """Drive coroutines that do not suspend by hand: the event loop is not what is counted."""

    def step() -> None:
        try:
            call().send(None)
        except StopIteration:
            return
        raise RuntimeError("A workload whose instructions are counted must not suspend.")

    _measure(measure, step, times)


# -------------------------------------------------------------------- in the counting one


def _count(python: str) -> dict[str, dict[str, int]]:
    """Run the workloads under callgrind; return instructions per call by contestant."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [
            "valgrind",
            "--tool=callgrind",
            "--quiet",
            "--toggle-collect=floor_measured",
            "--dump-after=floor_measured",
            f"--callgrind-out-file={out}",
            python,
            "-m",
            "benches.instructions",
            "--perform",
        ]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"})
        counts: dict[str, dict[str, int]] = {}
        for number, (name, contestant) in enumerate(_tasks() * ROUNDS, 1):
            dump = out.with_suffix(f".{number}").read_text("utf-8")
            total = re.search(r"^(?:totals|summary): (\d+)", dump, re.MULTILINE)
            if total is None:
                raise RuntimeError(f"callgrind counted nothing for {name} of {contestant}.")
            count = int(total[1]) // MAIN[name]
            found = counts.setdefault(name, {})
            found[contestant] = min(count, found.get(contestant, count))
    return counts


def _kind_of_machine() -> str:
    """Name what counts depend on beside the library: other machines of the kind count the same."""
    return ", ".join(
        (
            f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}",
            platform.python_compiler(),
            " ".join(platform.libc_ver()),
            f"pydantic {importlib.metadata.version('pydantic')}",
        )
    )


def compare(
    kept: dict[str, dict[str, int]], counted: dict[str, dict[str, int]]
) -> tuple[list[str], list[str]]:
    """Return the table's lines, and the workloads whose count is worse than the tolerance."""
    lines = [f"{'workload':<34}{'kept':>10}{'now':>10}{'change':>9}{'floor':>10}"]
    worse = []
    for name, now in counted.items():
        before = kept.get(name, {}).get(FERRULE)
        change = "new" if before is None else f"{now[FERRULE] / before - 1:+.1%}"
        lines.append(
            f"{name:<34}{before or '':>10}{now[FERRULE]:>10}{change:>9}{now.get(FLOOR, ''):>10}"
        )
        if before is not None and now[FERRULE] > before * (1 + TOLERANCE):
            worse.append(name)
    return lines, worse


def main(arguments: list[str]) -> int:
    """Count and compare, or count and keep; return the exit status."""
    parser = argparse.ArgumentParser(description="Count the instructions of the main workloads.")
    parser.add_argument("--update", action="store_true", help="keep the counts of this build")
    parser.add_argument("--perform", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.perform:
        _perform()
        return 0
    if shutil.which("valgrind") is None:
        print("skipped: instructions (valgrind is not installed)")
        return 0
    try:
        floor.load()
    except floor.Unavailable as reason:
        print(f"skipped: instructions ({reason})")
        return 0
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    machine = _kind_of_machine()
    if machine not in kept and not options.update:
        print(f"skipped: instructions (no counts are kept for {machine})")
        return 0
    counted = _count(sys.executable)
    lines, worse = compare(kept.get(machine, {}), counted)
    print("\n".join([f"instructions per call, {machine}", *lines]))
    if options.update:
        KEPT.write_text(json.dumps({**kept, machine: counted}, indent=2) + "\n", "utf-8")
        return 0
    if worse:
        print(
            f"worse than {TOLERANCE:.0%}: {', '.join(worse)}. Make it as cheap as before, or run"
            " with --update and say in the commit what the instructions buy.",
            file=sys.stderr,
        )
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
