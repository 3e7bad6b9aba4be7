"""No file outgrows what one can read in a sitting."""

from __future__ import annotations

import pytest

from tests.meta import sources

LIMITS = {"python": 500, "rust": 500, "tests": 700, "benches": 500}

DATA = {
    # A stub is one file, as the extension is one module; two thirds of it are documentation.
    "python/ferrule/_core.pyi",
    # Recorded programs and their tester, not modules that are maintained line by line.
    "tests/parity/scenarios_shared.py",
    "tests/parity/trace.py",
}


@pytest.mark.parametrize("folder", sorted(LIMITS))
def test_files_stay_small(folder: str) -> None:
    """Every source file is within its folder's limit of lines."""
    too_long = {
        name: count
        for path in sources.files(".py", ".pyi", ".rs", under=sources.ROOT / folder)
        if (name := sources.shown(path)) not in DATA
        and (count := len(path.read_text("utf-8").splitlines())) > LIMITS[folder]
    }
    assert not too_long, f"split by responsibility: {too_long}"


def test_exempt_files_exist() -> None:
    """The list of exemptions names no file that is gone."""
    assert [name for name in sorted(DATA) if not (sources.ROOT / name).is_file()] == []
