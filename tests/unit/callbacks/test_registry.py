"""`register_configure_hook`: what it refuses, and what it hands to the core."""

from __future__ import annotations

from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from ferrule.callbacks import BaseCallbackHandler, registry
from ferrule.callbacks.registry import register_configure_hook

VARIABLE: ContextVar[BaseCallbackHandler | None] = ContextVar("variable", default=None)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """What reaches the core, which would keep it for good."""
    seen = []
    core = SimpleNamespace(register_configure_hook=lambda *arguments: seen.append(arguments))
    monkeypatch.setattr(registry, "_core", core)
    return seen


def test_forwards_to_the_core(registered):
    """All arguments arrive, in order."""
    register_configure_hook(VARIABLE, True, BaseCallbackHandler, "TRACE")
    register_configure_hook(VARIABLE, inheritable=False)
    assert registered == [
        (VARIABLE, True, BaseCallbackHandler, "TRACE"),
        (VARIABLE, False, None, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((VARIABLE, True, None, "TRACE"), ValueError, "env_var='TRACE' needs a handle_class"),
        (("variable", True), TypeError, "must be a contextvars.ContextVar, not 'variable'"),
        ((VARIABLE, True, BaseCallbackHandler()), TypeError, "handle_class must be a class, not <"),
    ],
)
def test_refuses_what_could_never_work(registered, arguments, error, message):
    """The error names the value, and nothing is registered."""
    with pytest.raises(error, match=message):
        register_configure_hook(*arguments)
    assert registered == []
