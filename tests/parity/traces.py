"""The differential tester, as the suite uses it: scenarios, references, one run per root."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCENARIOS = HERE / "scenarios_shared.py"
NOT_BUILT = HERE / "not_built.toml"

ORACLE = "langchain_core"
ORACLE_VERSION = "1.7.2"


def _load_tester() -> Any:
    """Import difftrace.py under a name of its own, so that nothing else finds it by accident."""
    spec = importlib.util.spec_from_file_location("ferrule_difftrace", HERE / "difftrace.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


difftrace = _load_tester()
rules: dict[str, Any] = difftrace.tomllib.loads(
    (HERE / "expected_differences.toml").read_text("utf-8")
)
specs: dict[str, dict[str, Any]] = {
    name: scenario.spec
    for name, scenario in difftrace.load_scenarios([str(SCENARIOS)]).SCENARIOS.items()
}
golden: dict[str, Any] = json.loads((HERE / "golden_shared.json").read_text("utf-8"))
allowed: dict[str, str] = {row["scenario"]: row["reason"] for row in rules.get("allowed", [])}
# Where the oracle does what no user would expect, ferrule's trace has no reference.
compared = sorted(name for name, spec in specs.items() if not spec["oracle_bug"])
unreferenced = sorted(set(specs) - set(compared))


def listed_as_not_built() -> dict[str, list[str]]:
    """Read not_built.toml: missing public name -> the scenarios that need it."""
    return difftrace.tomllib.loads(NOT_BUILT.read_text("utf-8"))["missing"]


@functools.cache
def of(root: str) -> dict[str, Any]:
    """Run every scenario under a root package, in one worker process; return the records."""
    arguments = difftrace.parse(["--root", root, "--scenarios", str(SCENARIOS), "--timeout", "20"])
    return difftrace.run_root(root, sys.executable, list(specs), arguments, rules)


def installed_oracle() -> str | None:
    """Return the version of langchain-core that is installed, if any."""
    try:
        return importlib.metadata.version("langchain-core")
    except importlib.metadata.PackageNotFoundError:
        return None


def differences(got: Any, want: Any, root: str = "ferrule") -> list[str]:
    """List where a record departs from its reference, under the rules."""
    return difftrace.Comparer(rules, root)(got, want)
