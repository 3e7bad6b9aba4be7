"""The Rust sources: built in layers, and in step with the Python names that they rely on."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.meta import sources

if TYPE_CHECKING:
    from pathlib import Path

RUST = sources.ROOT / "rust"

# From the bottom to the top; lib.rs is the index of all.
LAYERS: list[set[str]] = [
    {"py", "errors"},
    {"interop"},
    {"ids", "events"},
    {"handlers"},
    {"config"},
    {"dispatch"},
    {"runs"},
    {"invoke"},
    {"lib"},
]

IMPORTS = RUST / "py" / "imports.rs"


def code_of(path: Path) -> str:
    """Return a Rust file without its comments and without its unit tests."""
    text = re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
    return text.partition("#[cfg(test)]")[0]


def layer_of(part: str) -> int:
    """Return the level of a top-level module of the crate."""
    for level, names in enumerate(LAYERS):
        if part in names:
            return level
    msg = f"rust/{part} is in no layer: add it to LAYERS in {__file__}"
    raise AssertionError(msg)


def test_core_layers_point_downwards() -> None:
    """A module of the core uses its own layer and lower ones."""
    upwards = [
        f"{sources.shown(path)} uses crate::{used}"
        for path in sources.files(".rs", under=RUST)
        for used in sorted(set(re.findall(r"\bcrate::(\w+)", code_of(path))))
        if layer_of(used) > layer_of(path.relative_to(RUST).parts[0].removesuffix(".rs"))
    ]
    assert not upwards, "\n".join(upwards)


def test_python_is_reached_through_one_table() -> None:
    """Only rust/py/imports.rs imports Python modules, so it shows the whole border."""
    pattern = re.compile(r"\bpy(?:\(\))?\s*\.import\(|PyModule::import|PyOnceLock[^;]*\.import\(")
    elsewhere = [
        sources.shown(path)
        for path in sources.files(".rs", under=RUST)
        if path != IMPORTS and pattern.search(code_of(path))
    ]
    assert not elsewhere


def reached() -> list[tuple[str, str]]:
    """List the (module, attribute) pairs of the table for this version of Python."""
    text = IMPORTS.read_text("utf-8")
    blocks = re.findall(
        r"(?:#\[cfg\((not\()?Py_3_(\d+)\)?\)\]\n)?imports! \{(.*?)\n\}", text, re.DOTALL
    )
    rows = (
        entries
        for negated, minor, entries in blocks
        if not minor or (sys.version_info >= (3, int(minor))) != bool(negated)
    )
    return re.findall(r'"([\w.]+)",\s*"([\w.]+)";', "".join(rows))


@pytest.mark.parametrize(("module", "attribute"), reached(), ids=".".join)
def test_reached_names_exist(module: str, attribute: str) -> None:
    """Every Python object that the core reaches for is where the table says."""
    functools.reduce(getattr, attribute.split("."), importlib.import_module(module))


def test_event_table_matches_the_handler() -> None:
    """The hooks of the event table are the hooks of the handler base class."""
    from ferrule.callbacks import BaseCallbackHandler  # noqa: PLC0415  the rest needs no package

    table = set(re.findall(r'"(on_\w+)"', code_of(RUST / "events.rs")))
    hooks = {name for name in dir(BaseCallbackHandler) if name.startswith("on_")}
    assert table == hooks
