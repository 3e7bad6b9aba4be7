"""The parser of JSON into a pydantic model."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, Field, SkipValidation, ValidationError, field_validator

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers.format_instructions import json_instructions
from ferrule.output_parsers.json import JsonOutputParser
from ferrule.output_parsers.json_diff import json_diff
from ferrule.outputs import Generation

M = TypeVar("M", bound=BaseModel)


def check_model(given: Any) -> Any:
    """Return what a parser makes instances of.

    Raises:
        ValueError: It is no pydantic model.
    """
    if isinstance(given, type) and issubclass(given, BaseModel):
        return given
    msg = f"The parser makes instances of a pydantic model, which {given!r} is not."
    raise ValueError(msg)


class PydanticOutputParser(JsonOutputParser, Generic[M]):
    """Parse JSON into an instance of a model.

    While the text streams, the instances that it makes so far are handed out; text that does not
    make a valid one yet is waited out.

    Example:
        >>> from pydantic import BaseModel
        >>> class Point(BaseModel):
        ...     x: int
        ...     y: int = 0
        >>> PydanticOutputParser(pydantic_object=Point).invoke('{"x": 1}')
        Point(x=1, y=0)
    """

    _runs_inline: ClassVar[bool] = True

    pydantic_object: SkipValidation[type[M]] = Field(...)  # pyright: ignore[reportIncompatibleVariableOverride]  narrower
    """The model."""

    @field_validator("pydantic_object", mode="before")
    @classmethod
    def _check_model(cls, given: Any) -> Any:
        return check_model(given)

    @property
    def _type(self) -> str:
        return "pydantic"

    @property
    def OutputType(self) -> type[M]:  # noqa: N802  the documented name
        """The model."""
        return self.pydantic_object

    def _diff(self, prev: Any, next: Any) -> Any:
        before = None if prev is None else prev.model_dump(mode="json")
        return json_diff(before, next.model_dump(mode="json"))

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the text of the first candidate.

        Raises:
            OutputParserException: If it is not JSON, or not valid for the model; with `partial`
                None is returned instead.
        """
        value = super().parse_result(result, partial=partial)
        try:
            return self.pydantic_object.model_validate(value)
        except ValidationError as error:
            if partial:
                return None
            text = result[0].text
            msg = f"The answer is no valid {self.pydantic_object.__name__}: {text}\n{error}"
            raise OutputParserException(msg, llm_output=text) from error

    def parse(self, text: str) -> M:
        parsed: M = self.parse_result([Generation(text=text)])
        return parsed

    def get_format_instructions(self) -> str:
        """Ask for JSON that fits the model."""
        return json_instructions(self.pydantic_object.model_json_schema())
