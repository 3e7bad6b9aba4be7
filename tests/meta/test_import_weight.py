"""Importing the hot half of the package stays cheap: nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "anthropic",
    "ferrule.messages",
    "ferrule.outputs",
    "httpx",
    "jinja2",
    "langchain_core",
    "langsmith",
    "libcst",
    "openai",
    "pydantic",
    "requests",
    "yaml",
}


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; return the modules that it loaded."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import ferrule",
        "from ferrule.runnables import RunnableLambda",
        "from ferrule.callbacks import CallbackManager",
        "from ferrule.callbacks import BaseCallbackHandler, AsyncCallbackHandler",
        "from ferrule.runnables import RunnableSequence, RunnableParallel, RunnableConfig",
    ],
)
def test_hot_half_is_light(statement: str) -> None:
    """Runnables and managers load neither pydantic, messages, nor any network or tracing SDK."""
    assert loaded_by(statement) & HEAVY == set()


def test_using_runnables_stays_light() -> None:
    """A run with a handler loads no more than its import did."""
    statement = (
        "from ferrule.runnables import RunnableLambda as R;"
        "from ferrule.callbacks import BaseCallbackHandler as H;"
        "(R(abs) | R(abs)).invoke(-1, {'callbacks': [H()]})"
    )
    assert loaded_by(statement) & HEAVY == set()


@pytest.mark.parametrize(
    "statement",
    [
        "from ferrule.language_models import BaseChatModel, FakeListChatModel",
        "from ferrule.anthropic import ChatAnthropic",
        "from ferrule.openai import ChatOpenAI",
    ],
)
def test_models_do_not_load_an_sdk(statement: str) -> None:
    """Importing chat models loads neither langchain-core nor a vendor's SDK."""
    heavy = {"anthropic", "httpx", "langchain_core", "langsmith", "openai", "requests"}
    assert loaded_by(statement) & heavy == set()
