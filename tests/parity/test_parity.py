"""What ferrule tells handlers is what langchain-core tells them, scenario by scenario.

The traces of langchain-core are the stored ones, and those of the installed package where it
has the right version. README.md in this folder says how traces are compared.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.parity import traces

# The first test of a root waits for all of its scenarios.
pytestmark = pytest.mark.timeout(600)

NOT_BUILT = sorted(name for names in traces.listed_as_not_built().values() for name in names)
BUILT = [name for name in traces.compared if name not in set(NOT_BUILT)]


# Python 3.10 raises a cancellation anew on its way out of a task, without its text.
OLD_CANCELLATION = sys.version_info < (3, 11)


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    """The traces of ferrule."""
    records = traces.of("ferrule")
    broken = {r["missing"] for r in records.values() if "cannot import" in r.get("missing", "")}
    assert not broken, broken
    return records


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """The traces of the installed langchain-core."""
    if (version := traces.installed_oracle()) != traces.ORACLE_VERSION:
        pytest.skip(f"needs langchain-core {traces.ORACLE_VERSION}, found {version}")
    return traces.of(traces.ORACLE)


def check(name: str, got: Any, want: Any) -> None:
    """Fail with the differences, one per line; a declared difference is an expected failure."""
    found = traces.differences(got, want)
    if name in traces.allowed and "events" in got:
        assert found, "agrees now: take it off [[allowed]] in expected_differences.toml"
        pytest.xfail(traces.allowed[name])
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("name", BUILT)
def test_agrees_with_stored_trace(name: str, ours: dict[str, Any]) -> None:
    """The events, notes, warnings and result of a scenario equal the stored ones."""
    if OLD_CANCELLATION and traces.specs[name]["topic"] == "cancellation":
        pytest.skip("stored traces hold the texts of cancellations, which Python 3.10 drops")
    check(name, ours[name], traces.golden["scenarios"][name])


@pytest.mark.parametrize("name", BUILT)
def test_agrees_with_installed_library(
    name: str, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """The events, notes, warnings and result of a scenario equal those of langchain-core."""
    if OLD_CANCELLATION and name == "cancel_a_sequence":
        pytest.skip("langchain-core's step is a task, which drops the text; ferrule's is none")
    check(name, ours[name], theirs[name])


@pytest.mark.parametrize("name", traces.unreferenced)
def test_unreferenced_scenario_ends(name: str, ours: dict[str, Any]) -> None:
    """Where langchain-core is no reference, the scenario still runs to its end."""
    assert "crashed" not in ours[name]
    assert ("missing" in ours[name]) == (name in set(NOT_BUILT))


@pytest.mark.parametrize("name", NOT_BUILT)
def test_listed_scenario_is_not_built(name: str, ours: dict[str, Any]) -> None:
    """A scenario in not_built.toml needs a public name that ferrule lacks, so the list shrinks."""
    assert "missing" in ours[name], (
        f"{name} runs now: `python -m tests.parity.shrink` takes it off the list"
    )


def test_list_names_scenarios_once() -> None:
    """not_built.toml names existing scenarios, each once."""
    assert len(NOT_BUILT) == len(set(NOT_BUILT))
    assert set(NOT_BUILT) <= set(traces.specs)


@pytest.mark.skipif(OLD_CANCELLATION, reason="traces are stored with Python 3.11")
def test_stored_traces_are_current(theirs: dict[str, Any]) -> None:
    """The installed langchain-core still tells what was stored, in every scenario."""
    stored = traces.golden["scenarios"]
    found = {n: traces.differences(theirs[n], stored[n], traces.ORACLE) for n in traces.specs}
    changed = {name: texts for name, texts in found.items() if texts}
    assert not changed


def test_comparison_notices_a_change() -> None:
    """A trace with another result, or one event less, is reported as different."""
    want = traces.golden["scenarios"]["runtime_list"]
    assert traces.differences(want, want, traces.ORACLE) == []
    assert traces.differences({**want, "result": {"value": 3}}, want) != []
    assert traces.differences({**want, "events": want["events"][:-1]}, want) != []
