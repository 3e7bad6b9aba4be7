"""How a drawing looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CurveStyle(Enum):
    """How Mermaid bends the edges."""

    BASIS = "basis"
    BUMP_X = "bumpX"
    BUMP_Y = "bumpY"
    CARDINAL = "cardinal"
    CATMULL_ROM = "catmullRom"
    LINEAR = "linear"
    MONOTONE_X = "monotoneX"
    MONOTONE_Y = "monotoneY"
    NATURAL = "natural"
    STEP = "step"
    STEP_AFTER = "stepAfter"
    STEP_BEFORE = "stepBefore"


@dataclass
class NodeStyles:
    """Mermaid styles of ordinary nodes, the first and the last one."""

    default: str = "fill:#f2f0ff,line-height:1.2"
    first: str = "fill-opacity:0"
    last: str = "fill:#bfb6fc"


class MermaidDrawMethod(Enum):
    """What makes an image of a Mermaid text."""

    PYPPETEER = "pyppeteer"
    """A local browser, through the library of that name."""
    API = "api"
    """The service mermaid.ink, which gets the text of the graph."""
