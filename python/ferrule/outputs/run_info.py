"""`RunInfo`: which run made an answer."""

from __future__ import annotations

from uuid import UUID

from ferrule.load.trusted import TrustedModel

__all__ = ["RunInfo"]


class RunInfo(TrustedModel):
    """Which run made an answer."""

    run_id: UUID
