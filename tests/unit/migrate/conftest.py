"""Tests of the migration need libcst."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("libcst") is None:
    collect_ignore_glob = ["test_*.py"]
