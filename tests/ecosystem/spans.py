"""Finished OpenTelemetry spans, looked at by name."""

from __future__ import annotations

from typing import Any


def parents(spans: Any) -> dict[str, str | None]:
    """Return the name of each span with that of its parent."""
    names = {span.context.span_id: span.name for span in spans}
    return {
        span.name: None if span.parent is None else names[span.parent.span_id] for span in spans
    }


def by_name(spans: Any) -> dict[str, Any]:
    """Return the spans by name, which must be different."""
    found = {span.name: span for span in spans}
    assert len(found) == len(spans)
    return found
