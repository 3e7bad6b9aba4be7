"""The providers that hosted chat models are tested with, each with its server on loopback."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest


@dataclass(frozen=True)
class Provider:
    """What tests that hold for every provider must know of one.

    Attributes:
        package: Name of the SDK, the extra, the package of ferrule and the loopback server.
        chat_class: Name of the chat model.
        model: A model that the server knows.
        path: What the base URL has after the server's.
        passing: Names of the failures that the SDK retries.
        text_begins_after: Number of events of a streamed `1 + 2 = 3` that tell some of its text.
    """

    package: str
    chat_class: str
    model: str
    path: str
    passing: tuple[str, ...]
    text_begins_after: int

    @property
    def loopback(self) -> Any:
        """The module with the server and its answers."""
        return importlib.import_module(f"tests.loopback.{self.package}")

    @property
    def sdk(self) -> Any:
        """The SDK."""
        return importlib.import_module(self.package)

    @property
    def key_variable(self) -> str:
        """The environment variable with the key."""
        return f"{self.package.upper()}_API_KEY"

    def url(self, server: Any) -> str:
        """The base URL for a server."""
        return server.url + self.path

    def make(self, **settings: Any) -> Any:
        """Make a model as a user would."""
        module = importlib.import_module(f"ferrule.{self.package}")
        return getattr(module, self.chat_class)(**settings)


ANTHROPIC = Provider(
    package="anthropic",
    chat_class="ChatAnthropic",
    model="claude-test",
    path="",
    passing=("rate_limited", "internal_error", "overloaded"),
    text_begins_after=5,
)
OPENAI = Provider(
    package="openai",
    chat_class="ChatOpenAI",
    model="gpt-test",
    path="/v1",
    passing=("rate_limited", "internal_error"),
    text_begins_after=3,
)


def parametrized() -> list[Any]:
    """Every provider, skipped where its SDK is missing."""
    return [
        pytest.param(
            provider,
            id=provider.package,
            marks=pytest.mark.skipif(
                find_spec(provider.package) is None, reason=f"needs {provider.package}"
            ),
        )
        for provider in (ANTHROPIC, OPENAI)
    ]
