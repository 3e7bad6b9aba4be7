"""The parser of JSON, complete or still streaming."""

from __future__ import annotations

import re
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, SkipValidation

from ferrule.exceptions import OutputParserException
from ferrule.messages.partial_json import parse_partial_json
from ferrule.output_parsers.format_instructions import json_instructions
from ferrule.output_parsers.json_diff import json_diff
from ferrule.output_parsers.transform import BaseCumulativeTransformOutputParser
from ferrule.outputs import Generation

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "JsonOutputParser",
    "SimpleJsonOutputParser",
    "parse_and_check_json_markdown",
    "parse_json_markdown",
    "parse_partial_json",
]

_FENCE = re.compile(r"```(?:json)?(.*)", re.DOTALL)
_AROUND = " \n\r\t`"


def parse_json_markdown(
    json_string: str, *, parser: Callable[[str], Any] = parse_partial_json
) -> Any:
    r"""Parse JSON that may stand in a Markdown code fence, with text around the fence.

    Args:
        json_string: What the model wrote.
        parser: Parses the JSON itself; by default text that breaks off is read as far as it goes.

    Raises:
        JSONDecodeError: If there is no JSON.

    Example:
        >>> parse_json_markdown('Here you are: ```json\n{"a": 1}\n```')
        {'a': 1}
    """
    try:
        return parser(json_string.strip(_AROUND))
    except JSONDecodeError:
        fenced = _FENCE.search(json_string)
        if fenced is None:
            raise
        return parser(fenced[1].strip(_AROUND))


def parse_and_check_json_markdown(text: str, expected_keys: list[str]) -> dict[str, Any]:
    """Parse a JSON object as `parse_json_markdown` does, and check that it has some keys.

    Raises:
        OutputParserException: If there is no JSON object, or it lacks a key.
    """
    try:
        value = parse_json_markdown(text)
    except JSONDecodeError as error:
        msg = f"The answer is not JSON ({error}): {text}"
        raise OutputParserException(msg, llm_output=text) from error
    if not isinstance(value, dict):
        msg = f"The answer is not a JSON object but {type(value).__name__}: {text}"
        raise OutputParserException(msg, llm_output=text)
    if missing := [key for key in expected_keys if key not in value]:
        msg = f"The answer lacks {', '.join(missing)}: {text}"
        raise OutputParserException(msg, llm_output=text)
    return value


class JsonOutputParser(BaseCumulativeTransformOutputParser[Any]):
    r"""Parse JSON, also in a Markdown code fence; while it streams, hand out what is there so far.

    Example:
        >>> parser = JsonOutputParser()
        >>> parser.invoke('```json\n{"a": [1, 2]}\n```')
        {'a': [1, 2]}
        >>> list(parser.transform(iter(['{"a": [1', ', 2]}'])))
        [{'a': [1]}, {'a': [1, 2]}]
    """

    _runs_inline: ClassVar[bool] = True

    pydantic_object: SkipValidation[type[BaseModel] | None] = None
    """Model whose schema the format instructions show; the answer is not checked against it."""

    @property
    def _type(self) -> str:
        return "simple_json_output_parser"

    def _diff(self, prev: Any, next: Any) -> Any:
        return json_diff(prev, next)

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the text of the first candidate.

        Raises:
            OutputParserException: If it is not JSON; with `partial` None is returned instead.
        """
        text = result[0].text.strip()
        try:
            return parse_json_markdown(text)
        except JSONDecodeError as error:
            if partial:
                return None
            msg = f"The answer is not JSON ({error}): {text}"
            raise OutputParserException(msg, llm_output=text) from error

    def parse(self, text: str) -> Any:
        return self.parse_result([Generation(text=text)])

    def get_format_instructions(self) -> str:
        """Ask for JSON that fits the model, or for any JSON object."""
        if self.pydantic_object is None:
            return "Answer with a JSON object."
        return json_instructions(self.pydantic_object.model_json_schema())


SimpleJsonOutputParser = JsonOutputParser
"""The parser under its former name."""
