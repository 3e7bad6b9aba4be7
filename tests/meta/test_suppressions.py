"""Whoever silences a check says why."""

from __future__ import annotations

import re

from tests.meta import sources

SUPPRESSION = re.compile(r"# noqa(?P<codes>: [A-Z]+\d+(, ?[A-Z]+\d+)*)?(?P<rest>.*)")


def test_suppressions_name_their_code_and_reason() -> None:
    """A `noqa` in the package names what it silences, and gives a reason behind it."""
    wrong = [
        f"{sources.shown(path)}:{number}: {line.strip()}"
        for path in sources.modules().values()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := SUPPRESSION.search(line)) and not (found["codes"] and found["rest"].strip())
    ]
    assert not wrong, "\n".join(wrong)
