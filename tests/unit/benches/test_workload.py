"""The registry of workloads."""

from __future__ import annotations

import pytest

from benches import scenarios, workload as modules  # noqa: F401  scenarios: registers them
from benches.instructions import FERRULE, MAIN, TOLERANCE, compare
from benches.report import SUMMARY
from benches.workload import WORKLOADS, workload


def test_families(monkeypatch):
    """A function with several values is several workloads, each called with its own."""
    monkeypatch.setattr(modules, "WORKLOADS", {})
    registry = modules.WORKLOADS
    workload("some.{}", each=[("a", 1), ("b", 2)], count=3)(lambda lib, *rest: (lib, *rest))
    assert list(registry) == ["some.a", "some.b"]
    assert registry["some.b"].build("lib") == ("lib", "b", 2)
    assert registry["some.a"].count == 3


def test_a_name_is_taken_once():
    """A second workload of a name is refused, since results are filed by name."""
    with pytest.raises(ValueError, match=r"two workloads named 'invoke.h0'"):
        workload("invoke.h0")(lambda lib: lib)


def test_lists_of_names_are_current():
    """The README's rows and the counted workloads are workloads."""
    elsewhere = {"import.runnables_and_callbacks"}
    assert set(SUMMARY) - elsewhere <= set(WORKLOADS)
    assert set(MAIN) <= set(WORKLOADS)


def test_worse_counts_fail():
    """Only a count beyond the tolerance is worse; a new workload is not."""
    kept = {"a": {FERRULE: 1000}, "b": {FERRULE: 1000}}
    counted = {"a": {FERRULE: 1030}, "b": {FERRULE: 1031}, "c": {FERRULE: 5}}
    lines, worse = compare(kept, counted)
    assert TOLERANCE == 0.03
    assert worse == ["b"]
    assert [line.split()[3] for line in lines[1:3]] == ["+3.0%", "+3.1%"]
    assert lines[3].split() == ["c", "5", "new"]
