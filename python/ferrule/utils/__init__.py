"""Paths under which code written for langchain-core looks for what lives elsewhere here."""

from __future__ import annotations

__all__: list[str] = []
