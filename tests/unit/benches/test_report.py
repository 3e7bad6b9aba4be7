"""The results page and the README's table, made from a results file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benches import report

README = "# name\n\nbefore\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n"


def entry(workload: str, contestant: str, seconds: float, **facts: Any) -> dict[str, Any]:
    info = {"workload": workload, "contestant": contestant, "unit": "call", "clock": "CPU"}
    return {"extra_info": {**info, **facts}, "stats": {"min": seconds, "median": seconds * 1.1}}


@pytest.fixture
def data() -> dict[str, Any]:
    """Give what pytest-benchmark writes, as far as it is read."""
    return {
        "benchmarks": [
            entry("invoke.h0", report.FERRULE, 0.5e-6),
            entry("invoke.h0", report.PEER, 75e-6),
            entry("invoke.h0", report.FLOOR, 0.25e-6),
            entry("batch", report.FERRULE, 2e-3, unit="item", clock="wall"),
            entry("memory", report.FERRULE, 1e-6, unit="run", runs=1000, growth_bytes=2**20),
        ],
        "commit_info": {"id": "0123456789abcdef", "dirty": False},
        "datetime": "2026-01-02T03:04:05.678",
        "machine_info": {
            "cpu": {"brand_raw": "A processor"},
            "gc": "on",
            "load": 0.5,
            "machine": "x86_64",
            "processors": 2,
            "python_compiler": "GCC",
            "python_implementation": "CPython",
            "python_version": "3.11.7",
            "release": "6.1",
            "system": "Linux",
            "versions": {report.PEER: "1.7.2", report.FERRULE: "0.1.0", "absent": None},
        },
    }


def test_ratios(data):
    """A row has the ratios of the least times, and none for who did not take part."""
    invoke, batch, _ = report.read_rows(data)
    assert invoke.ratio(report.PEER, report.FERRULE) == pytest.approx(150)
    assert invoke.ratio(report.FERRULE, report.FLOOR) == pytest.approx(2)
    assert invoke.noise[report.FERRULE] == pytest.approx(1.1)
    assert batch.ratio(report.PEER, report.FERRULE) is None


def test_page(data):
    """The page tells the conditions, times with units, ratios, gaps and facts."""
    page = report.render_page(data)
    assert "| `invoke.h0` | 75.0 µs | 500 ns | 150 × | 250 ns | 2.0 × | 1.10 |" in page
    assert "| `batch`, per item (wall) | – | 2.00 ms | – | – | – | 1.10 |" in page
    assert "grew by 1.00 MiB" in page
    assert "commit: 0123456789ab\n" in page
    assert "langchain-core 1.7.2, ferrule 0.1.0\n" in page


def test_uncommitted_changes_are_told(data):
    """Results of a changed checkout are not passed off as those of its commit."""
    data["commit_info"]["dirty"] = True
    assert "0123456789ab with uncommitted changes" in report.render_page(data)


def test_a_page_without_measured_processes(data):
    """A run that measured no imports and no memory has no section for them."""
    data["benchmarks"].pop()
    assert "Imports and memory" not in report.render_page(data)


def test_summary_has_the_measured_rows_only(data):
    """The README's table leaves out what was not measured, and invents nothing."""
    header, _, *rows = report.render_summary(data).splitlines()
    assert header == "|  | langchain-core 1.7.2 | ferrule | times faster |"
    assert rows == ["| `RunnableLambda.invoke`, no handler | 75.0 µs | 500 ns | 150 × |"]


def test_replace_between_the_markers():
    """What is outside of the markers stays, and doing it again changes nothing."""
    once = report.replace_between(README, "new")
    assert once == README.replace("old", "new")
    assert report.replace_between(once, "new") == once


@pytest.mark.parametrize(
    "text", ["none", report.START, report.END + report.START, README + report.START]
)
def test_markers_must_be_there(text):
    """A README without a clear place for the table is refused, not guessed at."""
    with pytest.raises(ValueError, match="must contain"):
        report.replace_between(text, "new")


def test_main_writes_both_files(data, tmp_path, capsys):
    """The script writes the page and the table, and says so."""
    results, page, readme = (tmp_path / name for name in ("latest.json", "PAGE.md", "README.md"))
    results.write_text(json.dumps(data), "utf-8")
    readme.write_text(README, "utf-8")
    options = [str(results), "--page", str(page), "--readme", str(readme)]
    assert report.main(options) == 0
    assert page.read_text("utf-8") == report.render_page(data)
    assert report.render_summary(data) in readme.read_text("utf-8")
    assert capsys.readouterr().out == "wrote PAGE.md and the table of README.md\n"


def test_nothing_measured(data, tmp_path, capsys):
    """A file without measurements leaves the page and the README alone."""
    results, readme = tmp_path / "latest.json", tmp_path / "README.md"
    results.write_text(json.dumps({**data, "benchmarks": []}), "utf-8")
    readme.write_text(README, "utf-8")
    assert report.main([str(results), "--readme", str(readme)]) == 1
    assert readme.read_text("utf-8") == README
    assert "holds no measurement" in capsys.readouterr().err
