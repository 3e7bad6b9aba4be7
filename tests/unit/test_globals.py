"""Process-wide switches."""

from __future__ import annotations

import pytest

from ferrule import globals as switches


@pytest.mark.parametrize("name", ["debug", "verbose", "llm_cache"])
def test_set_and_get(name, monkeypatch):
    """What is set is what is read."""
    monkeypatch.setattr(switches, f"_{name}", getattr(switches, f"_{name}"))
    value = object()
    getattr(switches, f"set_{name}")(value)
    assert getattr(switches, f"get_{name}")() is value
