"""`report_failure`: one log record for a hook that failed."""

from __future__ import annotations

import logging

from ferrule.callbacks.failure import report_failure


class Fragile:
    pass


def test_one_warning_names_all(caplog):
    """The record has handler, event, exception and traceback."""
    error = ValueError("broken")
    with caplog.at_level(logging.WARNING):
        report_failure(Fragile(), "on_chain_start", error)
    [record] = caplog.records
    assert record.name == "ferrule.callbacks"
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "Handler Fragile failed in on_chain_start: ValueError('broken')"
    assert record.exc_info[1] is error
