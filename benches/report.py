"""Write the results page, and the README's table, from what a bench run measured.

    python benches/report.py .benchmarks/latest.json

Times are the least of a contestant's rounds: what else the machine does only ever adds to them.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Row", "main", "read_rows", "render_page", "render_summary", "replace_between"]

FERRULE, PEER, FLOOR = "ferrule", "langchain-core", "floor"
START, END = "<!-- bench:start -->", "<!-- bench:end -->"

# The README's rows: workload -> what a reader calls it.
SUMMARY = {
    "invoke.h0": "`RunnableLambda.invoke`, no handler",
    "invoke.h1": "… 1 handler",
    "invoke.h20": "… 20 handlers",
    "sequence10.h1": "sequence of 10 steps, 1 handler",
    "parallel3.h1": "`RunnableParallel` of 3 branches, 1 handler",
    "batch1000.h1": "`batch` of 1000, 1 handler, per item",
    "prompt_chat.h1": "prompt \\| fake chat model, 1 handler",
    "stream1000.list_model": "stream of 1000 tokens, 1 handler, per token",
    "ainvoke.h1_async": "`ainvoke`, 1 async handler",
    "gather1000.h1_async": "1000 `ainvoke`s at once, per run",
    "import.runnables_and_callbacks": "importing `RunnableLambda` and `CallbackManager`",
}


@dataclass
class Row:
    """One workload: the seconds and the facts of each contestant."""

    name: str
    unit: str
    clock: str
    seconds: dict[str, float] = field(default_factory=dict)
    """The least of each contestant's rounds."""
    noise: dict[str, float] = field(default_factory=dict)
    """The middle of each contestant's rounds, in multiples of the least."""
    facts: dict[str, dict[str, float]] = field(default_factory=dict)

    def ratio(self, above: str, below: str) -> float | None:
        """Return how many times longer `above` takes than `below`, if both took part."""
        if above not in self.seconds or below not in self.seconds:
            return None
        return self.seconds[above] / self.seconds[below]


def read_rows(data: dict[str, Any]) -> list[Row]:
    """Collect the rows of a pytest-benchmark file, in the order in which they were measured."""
    rows: dict[str, Row] = {}
    for entry in data["benchmarks"]:
        info, stats = dict(entry["extra_info"]), entry["stats"]
        name, contestant = info.pop("workload"), info.pop("contestant")
        row = rows.setdefault(name, Row(name, info.pop("unit"), info.pop("clock")))
        row.seconds[contestant] = stats["min"]
        row.noise[contestant] = stats["median"] / stats["min"]
        row.facts[contestant] = {
            key: value for key, value in info.items() if key not in {"unit", "clock"}
        }
    return list(rows.values())


# ----------------------------------------------------------------------------- rendering


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for factor, unit in ((1e9, "ns"), (1e6, "µs"), (1e3, "ms")):
        if seconds * factor < 1000 or unit == "ms":
            value = seconds * factor
            return f"{value:.{max(0, 2 - int(math.log10(max(value, 1))))}f} {unit}"
    raise AssertionError


def _times(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×"


def _table(header: list[str], rows: list[list[str]]) -> str:
    marks = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, marks, *rows])


def _mean(ratios: list[float | None]) -> str:
    known = [ratio for ratio in ratios if ratio is not None]
    return _times(statistics.geometric_mean(known)) if known else "–"


def _name(row: Row) -> str:
    per = "" if row.unit in {"call", "process"} else f", per {row.unit}"
    return f"`{row.name}`{per}{' (wall)' if row.clock == 'wall' else ''}"


def _speed_table(rows: list[Row]) -> str:
    header = ["workload", PEER, FERRULE, "times faster", "floor", "ferrule / floor", "noise"]
    cells = [
        [
            _name(row),
            _time(row.seconds.get(PEER)),
            _time(row.seconds.get(FERRULE)),
            _times(row.ratio(PEER, FERRULE)),
            _time(row.seconds.get(FLOOR)),
            _times(row.ratio(FERRULE, FLOOR)),
            f"{row.noise[FERRULE]:.2f}" if FERRULE in row.noise else "–",
        ]
        for row in rows
    ]
    faster = _mean([row.ratio(PEER, FERRULE) for row in rows])
    above = _mean([row.ratio(FERRULE, FLOOR) for row in rows])
    return _table(header, [*cells, ["geometric mean", "", "", faster, "", above, ""]])


def _fact_table(rows: list[Row]) -> str:
    """Show facts of imports and of memory: one line per contestant."""
    cells = [
        [
            f"`{row.name}`",
            contestant,
            _time(row.seconds[contestant]) + ("" if row.unit == "process" else f" / {row.unit}"),
            *(_fact(facts, key) for key in ("modules", "peak_kib", "runs")),
            _memory(facts),
        ]
        for row in rows
        for contestant, facts in row.facts.items()
    ]
    header = ["what", "library", "CPU time", "modules", "peak KiB", "runs", "memory"]
    return _table(header, cells)


def _fact(facts: dict[str, float], key: str) -> str:
    return f"{facts[key]:,.0f}" if key in facts else "–"


def _memory(facts: dict[str, float]) -> str:
    if "growth_bytes" in facts:
        return f"grew by {facts['growth_bytes'] / 2**20:.2f} MiB"
    if "bytes_per_run" in facts:
        return f"{facts['bytes_per_run'] / 2**10:.1f} KiB per run"
    return "–"


def _conditions(data: dict[str, Any]) -> str:
    machine, commit = data["machine_info"], data.get("commit_info", {})
    versions = machine.get("versions", {})
    changes = " with uncommitted changes" if commit.get("dirty") else ""
    facts = {
        "processor": f"{machine.get('cpu', {}).get('brand_raw', 'unknown')},"
        f" {machine.get('processors', '?')} in use; load at the start {machine.get('load', '?')}",
        "system": f"{machine['system']} {machine['release']}, {machine['machine']}",
        "interpreter": f"{machine['python_implementation']} {machine['python_version']},"
        f" {machine['python_compiler']}",
        "versions": ", ".join(f"{name} {known}" for name, known in versions.items() if known),
        "commit": f"{commit.get('id', 'unknown')[:12]}{changes}",
        "measured": data["datetime"][:19],
        "collector": machine.get("gc", "unknown"),
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


_ORIGIN = (
    "Generated by `make bench`; do not edit. Every workload is in `benches/scenarios`, once for all"
    " contestants."
)
_METHOD = (
    "The least of all rounds, which alternate between the contestants; tracing is off. CPU time, or"
    " wall time where threads or sleep take part. The floor is `benches/floor`: what can be seen of"
    " a run, done by hand in C. Noise is the middle of ferrule's rounds in multiples of the least."
    " What it costs to repeat the call is included, for each contestant alike."
)


def render_page(data: dict[str, Any]) -> str:
    """Return the whole results page."""
    rows = read_rows(data)
    timed = [row for row in rows if not any(row.facts.values())]
    others = [row for row in rows if any(row.facts.values())]
    parts = ["# Results", _ORIGIN, _conditions(data), "## Time", _METHOD, _speed_table(timed)]
    if others:
        parts += ["## Imports and memory", "Each in a process of its own.", _fact_table(others)]
    return "\n\n".join(parts) + "\n"


def render_summary(data: dict[str, Any]) -> str:
    """Return the README's table: the rows of `SUMMARY` that were measured."""
    rows = {row.name: row for row in read_rows(data)}
    cells = [
        [
            called,
            _time(rows[name].seconds.get(PEER)),
            _time(rows[name].seconds.get(FERRULE)),
            _times(rows[name].ratio(PEER, FERRULE)),
        ]
        for name, called in SUMMARY.items()
        if name in rows
    ]
    versions = data["machine_info"].get("versions", {})
    peer = f"{PEER} {versions.get(PEER) or ''}".strip()
    return _table(["", peer, FERRULE, "times faster"], cells)


def replace_between(text: str, content: str) -> str:
    """Return the text with new content between the markers.

    Raises:
        ValueError: The markers are missing, doubled, or in the wrong order.
    """
    if text.count(START) != 1 or text.count(END) != 1 or text.index(END) < text.index(START):
        raise ValueError(f"The text must contain {START} and, after it, {END}, each once.")
    before, _, rest = text.partition(START)
    return f"{before}{START}\n{content}\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """Read a results file, write the page and the README's table; return the exit status."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Write the results page and the README's table.")
    parser.add_argument("results", type=Path, help="what pytest-benchmark wrote")
    parser.add_argument("--page", type=Path, default=here / "RESULTS.md")
    parser.add_argument("--readme", type=Path, default=here.parent / "README.md")
    options = parser.parse_args(arguments)
    data = json.loads(options.results.read_text("utf-8"))
    if not data["benchmarks"]:
        print(f"{options.results} holds no measurement.", file=sys.stderr)
        return 1
    readme = replace_between(options.readme.read_text("utf-8"), render_summary(data))
    options.page.write_text(render_page(data), "utf-8")
    options.readme.write_text(readme, "utf-8")
    print(f"wrote {options.page.name} and the table of {options.readme.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
