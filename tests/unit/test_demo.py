"""The demo prints the documented lines, and its model really adds."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from ferrule.demo import CLAUDE, CalculatorChatModel, choose_model, run
from tests.documented import lines_of_example
from tests.loopback import LoopbackServer

HEADINGS = [
    "# A handler at run time",
    "# A handler bound with with_config",
    "# A handler at run time, and one on the model's constructor",
    "# A handler bound with with_config, and one on the model's constructor",
]
LABEL = "[model's own handler] "


def sections(lines):
    """Split lines at the headings: the headings, and the lines below each."""
    found = {}
    for line in lines:
        if line.startswith("#"):
            current = found.setdefault(line, [])
        else:
            current.append(line)
    return found


def check(lines):
    """Compare a whole demo with the documentation."""
    found = sections(lines)
    assert list(found) == HEADINGS
    for heading, printed in found.items():
        documented = [line for line in printed if not line.startswith(LABEL)]
        assert documented == lines_of_example(documented)
        own = [line.removeprefix(LABEL) for line in printed if line.startswith(LABEL)]
        of_model = [line for line in documented if line.startswith("Chat model")]
        assert own == (of_model if "constructor" in heading else [])


def test_demo_prints_the_documented_lines():
    """At run time, bound, and with a second handler on the model: exactly the documented lines."""
    lines = []
    run(lines.append)
    check(lines)


def test_command():
    """`python -m ferrule` prints the same and nothing else."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANTHROPIC_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ferrule"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stderr == ""
    check(done.stdout.splitlines())


def test_demo_uses_claude_with_a_key(monkeypatch):
    """With a key the service is asked, and the lines stay the documented ones."""
    pytest.importorskip("anthropic")
    with LoopbackServer() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        lines = []
        run(lines.append)
        check(lines)
        assert {body["model"] for body in server.bodies} == {CLAUDE}


def test_choice_without_the_sdk(monkeypatch):
    """A key without the SDK is no reason to fail."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
    monkeypatch.setitem(sys.modules, "anthropic", None)
    assert isinstance(choose_model(), CalculatorChatModel)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 1 + 2?", "1 + 2 = 3"),
        ("What is 1 + -5?", "1 + -5 = -4"),
        ("And 0.5+0.25", "0.5 + 0.25 = 0.75"),
        ("Add 999999 + 1", "999999 + 1 = 1000000"),
        ("Who are you?", "I can add two numbers: ask me what 1 + 2 is."),
    ],
)
def test_the_model_adds(question, answer):
    """The embedded model computes, in whole answers and in streams, sync and async."""
    model = CalculatorChatModel()
    assert model.invoke(question).content == answer
    assert asyncio.run(model.ainvoke(question)).content == answer
    assert "".join(chunk.content for chunk in model.stream(question)) == answer


def test_the_model_tells_about_its_answers():
    """Each answer has an id of its own and counts its tokens."""
    model = CalculatorChatModel()
    first, second = (model.invoke("What is 1 + 2?").response_metadata for _ in range(2))
    assert first["id"] != second["id"]
    assert first["usage"] == {"input_tokens": 6, "output_tokens": 5}
