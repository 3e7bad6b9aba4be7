"""The callback and Runnable system that LangChain users know, on a Rust core.

The names are in the packages below: `ferrule.runnables`, `ferrule.callbacks`, `ferrule.prompts`,
`ferrule.messages`, `ferrule.language_models`, `ferrule.tools` and so on.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from ferrule import _core
from ferrule._lazy import attach
from ferrule.interop.arrival import Arrival, when_loaded

if TYPE_CHECKING:
    from ferrule._version import __version__ as __version__
else:
    # Reading package metadata takes longer than importing this package.
    __all__, __getattr__, __dir__ = attach(__name__, {"._version": "__version__"})

# A forked child would otherwise draw the ids that its parent draws, and wait for threads that it
# does not have. There is no fork on Windows.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_core.reseed_after_fork)

# Exceptions, with what makes them langchain-core's as well.
when_loaded(lambda: import_module("ferrule.interop.failures"))
Arrival().begin()
