"""Every file in examples/ runs by itself, and is short enough to read at a glance."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.loopback import LoopbackServer, says, tool_use
from tests.loopback.server import API_KEY
from tests.meta import sources

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sources.files(".py", under=sources.ROOT / "examples")
# Needs a key; its own test gives it a server that answers from a script.
CLAUDE = "agent_anthropic"


def run(path: Path, **variables: str) -> str:
    """Run a script that must end well and warn of nothing; give what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.stem != CLAUDE], ids=lambda p: p.stem)
def test_example_runs(path: Path) -> None:
    """The script ends without an error, prints something, and warns of nothing."""
    assert run(path).strip()


def test_agent_over_claude_prints_nested_events() -> None:
    """The handler hears the agent, and inside it the model and each tool, at their depth."""
    pytest.importorskip("anthropic")
    with LoopbackServer() as server:
        server.script(
            says(
                tool_use("multiply", {"x": 6, "y": 7}, id="toolu_01"),
                tool_use("multiply", {"x": 8, "y": 9}, id="toolu_02"),
            ),
            says("42 and 72."),
        )
        path = sources.ROOT / "examples" / f"{CLAUDE}.py"
        printed = run(path, ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY=API_KEY)
        asked, answered = server.bodies
    lines = printed.splitlines()
    assert lines[:5] == [
        "ToolCallingAgent was asked: What is 6 * 7, and 8 * 9? Use the tool.",
        "  model reads 1 messages",
        "  model calls ['multiply', 'multiply']",
        "agent decides: multiply({'x': 6, 'y': 7})",
        "agent decides: multiply({'x': 8, 'y': 9})",
    ]
    # The two tools run at once, in either order.
    assert sorted(lines[5:-3]) == sorted(
        ["  tool multiply starts"] * 2 + ["  tool returns 42", "  tool returns 72"]
    )
    assert lines[-3:] == [
        "  model reads 4 messages",
        "  model answers",
        "agent finishes: 42 and 72.",
    ]
    assert [tool["name"] for tool in asked["tools"]] == ["multiply"]
    results = answered["messages"][-1]["content"]
    assert [block["tool_use_id"] for block in results] == ["toolu_01", "toolu_02"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short(path: Path) -> None:
    """One idea fits on one screen: 60 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= 60
