"""Importing the hot half of the package stays cheap: nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import VERSION

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


DOCUMENTED_EXAMPLE = (
    "from ferrule.callbacks import BaseCallbackHandler;"
    "from ferrule.language_models import FakeListChatModel;"
    "from ferrule.prompts import ChatPromptTemplate;"
    "prompt = ChatPromptTemplate.from_messages(['What is 1 + {number}?']);"
    "chain = prompt | FakeListChatModel(responses=['3']);"
    "assert chain.invoke({'number': '2'}, {'callbacks': [BaseCallbackHandler()]}).content == '3'"
)


def test_documented_example_loads_what_it_needs() -> None:
    """A prompt and a model do without other kinds of messages and prompts, and without schemas."""
    spared = {
        "asyncio",
        "concurrent.futures",
        "ferrule.language_models.structured_output",
        "ferrule.messages.block_types",
        "ferrule.messages.convert",
        "ferrule.messages.system",
        "ferrule.messages.tool",
        "ferrule.prompts.image",
        "ferrule.prompts.template_mustache",
        "ferrule.runnables.inference",
        "ferrule.runnables.parallel",
        "pydantic.functional_serializers",
        "pydantic.root_model",
    }
    assert loaded_by(DOCUMENTED_EXAMPLE) & spared == set()


@pytest.mark.skipif(
    VERSION.startswith(("2.7.", "2.8.", "2.9.")), reason="they build generic classes at once"
)
def test_documented_example_builds_no_validator() -> None:
    """Pydantic does not even look for its plug-ins, as it does before it builds a validator."""
    assert "pydantic.plugin._loader" not in loaded_by(DOCUMENTED_EXAMPLE)
    assert "pydantic.plugin._loader" in loaded_by(
        f"{DOCUMENTED_EXAMPLE}; FakeListChatModel(responses=['3'], sleep=1)"
    )


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
