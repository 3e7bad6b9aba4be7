"""`python -m ferrule`: run the documented examples."""

from __future__ import annotations

from ferrule.demo import run

run(print)
