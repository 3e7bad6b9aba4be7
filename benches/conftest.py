"""What every bench runs under, and what the results say about the machine."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
from typing import TYPE_CHECKING, Any

import pytest

from benches.race import GC_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tracing and its neighbours are off, whatever the shell says.
for _name in list(os.environ):
    if _name.startswith(("LANGCHAIN_", "LANGSMITH_")):
        del os.environ[_name]

_MEASURED_WITH = ("ferrule", "langchain-core", "pydantic", "pytest-benchmark")


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give the event loop that asynchronous calls are awaited in."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    """Add what the results depend on beyond the processor; leave the host's name out."""
    del config
    machine_info.pop("node", None)
    machine_info["versions"] = {name: _version(name) for name in _MEASURED_WITH}
    machine_info["processors"] = os.cpu_count()
    machine_info["gc"] = GC_POLICY
    machine_info["load"] = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
