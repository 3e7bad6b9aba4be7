"""The parser of a date and time."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers.base import BaseOutputParser

_SAMPLES = (
    datetime(2023, 7, 4, 14, 30),  # noqa: DTZ001  whether there is a zone is the format's business
    datetime(1999, 12, 31, 23, 59, 59, 250000),  # noqa: DTZ001  whether there is a zone is the format's business
    datetime(2025, 1, 1),  # noqa: DTZ001  whether there is a zone is the format's business
)


class DatetimeOutputParser(BaseOutputParser[datetime]):
    """Parse a date and time written in one fixed format.

    Example:
        >>> DatetimeOutputParser(format="%Y-%m-%d").invoke("2024-02-29")
        datetime.datetime(2024, 2, 29, 0, 0)
    """

    _runs_inline: ClassVar[bool] = True

    format: str = "%Y-%m-%dT%H:%M:%S.%fZ"
    """The expected form, in the codes of `datetime.strptime`."""

    @property
    def _type(self) -> str:
        return "datetime"

    def get_format_instructions(self) -> str:
        """Ask for the format, with examples of it."""
        samples = ", ".join(sample.strftime(self.format) for sample in _SAMPLES)
        return (
            f"Answer with a date and time in the format {self.format!r} and nothing else. "
            f"Examples: {samples}"
        )

    def parse(self, text: str) -> datetime:
        """Return the moment that `text` names, spaces around it aside."""
        try:
            return datetime.strptime(text.strip(), self.format)  # noqa: DTZ007  see _SAMPLES
        except ValueError as error:
            msg = f"{text.strip()!r} is not a date and time in the format {self.format!r}."
            raise OutputParserException(msg, llm_output=text) from error
