"""Tests in this folder run once for each provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.hosted.fixtures import chat, server
from tests.unit.hosted.providers import parametrized

if TYPE_CHECKING:
    from tests.unit.hosted.providers import Provider

__all__ = ["chat", "server"]


@pytest.fixture(params=parametrized())
def provider(request: Any) -> Provider:
    """The provider of this test."""
    return request.param


@pytest.fixture
def says(provider: Provider) -> Any:
    """The provider's function that makes answers."""
    return provider.loopback.says
