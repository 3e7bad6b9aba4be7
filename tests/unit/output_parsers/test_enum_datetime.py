"""Single values: one of an enumeration, a date and time."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import pytest

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers import DatetimeOutputParser, EnumOutputParser


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def test_enum_member():
    """The text is the value of a member, spaces aside."""
    parser = EnumOutputParser(enum=Colour)
    assert parser.invoke(" blue\n") is Colour.BLUE
    assert parser.OutputType is Colour
    assert "red, blue" in parser.get_format_instructions()


def test_unknown_value_lists_the_options():
    """Another text is a parser error that holds the text and names the options."""
    with pytest.raises(
        OutputParserException, match="'green' is not one of .*: red, blue"
    ) as caught:
        EnumOutputParser(enum=Colour).invoke("green")
    assert caught.value.llm_output == "green"


def test_enum_of_other_values_is_refused():
    """Values that text cannot equal are an error when the parser is made."""
    with pytest.raises(ValueError, match="must be a string"):
        EnumOutputParser(enum=Enum("Number", {"ONE": 1}))


def test_datetime_in_the_format():
    """The default form is ISO with microseconds; another one can be given."""
    exact = DatetimeOutputParser().invoke("2024-02-29T01:02:03.5Z")
    assert exact.isoformat() == "2024-02-29T01:02:03.500000"
    day = DatetimeOutputParser(format="%d.%m.%Y").invoke("29.02.2024 ")
    assert day.isoformat() == "2024-02-29T00:00:00"


def test_datetime_error_names_the_format():
    """A date that does not exist is a parser error."""
    with pytest.raises(OutputParserException, match="'2023-02-29' is not .* '%Y-%m-%d'"):
        DatetimeOutputParser(format="%Y-%m-%d").invoke("2023-02-29")


def test_datetime_instructions_hold_valid_examples():
    """The parser reads its own examples."""
    parser = DatetimeOutputParser(format="%Y-%m-%d %H:%M")
    examples = parser.get_format_instructions().rpartition("Examples: ")[2].split(", ")
    assert len(examples) == 3
    assert all(isinstance(parser.parse(example), datetime) for example in examples)
