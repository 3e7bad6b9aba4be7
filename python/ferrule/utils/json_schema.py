"""`dereference_refs`, under langchain-core's path."""

from __future__ import annotations

from ferrule.json_schema import dereference_refs

__all__ = ["dereference_refs"]
