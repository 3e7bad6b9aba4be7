"""The workloads. Importing this package registers them, in the order of the results page."""

from __future__ import annotations

from benches.scenarios import invoke  # isort: skip
from benches.scenarios import composed  # isort: skip
from benches.scenarios import threads  # isort: skip
from benches.scenarios import models  # isort: skip
from benches.scenarios import streams  # isort: skip
from benches.scenarios import asynchronous  # isort: skip
from benches.scenarios import managers  # isort: skip
from benches.scenarios import objects  # isort: skip
from benches.scenarios import chunks  # isort: skip

__all__ = [
    "asynchronous",
    "chunks",
    "composed",
    "invoke",
    "managers",
    "models",
    "objects",
    "streams",
    "threads",
]
