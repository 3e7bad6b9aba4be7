"""The parser of one value out of an enumeration."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

from pydantic import field_validator

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers.base import BaseOutputParser


class EnumOutputParser(BaseOutputParser[Enum]):
    """Parse the value of an enumeration whose values are strings.

    Example:
        >>> from enum import Enum
        >>> class Colour(Enum):
        ...     RED = "red"
        ...     BLUE = "blue"
        >>> EnumOutputParser(enum=Colour).invoke(" red ")
        <Colour.RED: 'red'>
    """

    _runs_inline: ClassVar[bool] = True

    enum: type[Enum]
    """The enumeration; every value must be a string."""

    @field_validator("enum")
    @classmethod
    def _of_strings(cls, enum: type[Enum]) -> type[Enum]:
        others = [member for member in enum if not isinstance(member.value, str)]
        if others:
            msg = f"Every value of {enum.__name__} must be a string; {others[0]!r} is not."
            raise ValueError(msg)
        return enum

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The enumeration."""
        return self.enum

    @property
    def _type(self) -> str:
        return "enum"

    def get_format_instructions(self) -> str:
        """Ask for one of the values."""
        return f"Answer with one of these options and nothing else: {self._options()}"

    def parse(self, text: str) -> Enum:
        """Return the member whose value is `text`, spaces around it aside."""
        try:
            return self.enum(text.strip())
        except ValueError as error:
            msg = f"{text.strip()!r} is not one of the expected values: {self._options()}."
            raise OutputParserException(msg, llm_output=text) from error

    def _options(self) -> str:
        return ", ".join(member.value for member in self.enum)
