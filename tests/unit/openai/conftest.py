"""Tests of what this provider alone does; `tests/unit/hosted` has what all of them do."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.unit.hosted.fixtures import chat, server
from tests.unit.hosted.providers import OPENAI

if TYPE_CHECKING:
    from tests.unit.hosted.providers import Provider

__all__ = ["chat", "server"]

if find_spec(OPENAI.package) is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def provider() -> Provider:
    """The provider of the tests in this folder."""
    return OPENAI
