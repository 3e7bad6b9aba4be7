"""Objects that describe themselves, and can be built again from their descriptions.

Everything is imported at once: `load` is a function and a module, and the module would come to
stand in the function's place if it were imported later.
"""

from __future__ import annotations

from ferrule.load.dump import dumpd, dumps
from ferrule.load.load import InitValidator, load, loads
from ferrule.load.serializable import Serializable

__all__ = ["InitValidator", "Serializable", "dumpd", "dumps", "load", "loads"]
