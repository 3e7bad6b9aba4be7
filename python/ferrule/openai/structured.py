"""Answers in the form of a schema that the service itself keeps to, and their parsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from typing_extensions import override

from ferrule.exceptions import FerruleError
from ferrule.function_calling import convert_to_openai_function
from ferrule.messages import AIMessage
from ferrule.output_parsers import JsonOutputParser, PydanticOutputParser
from ferrule.tools.base import is_model_class

if TYPE_CHECKING:
    from ferrule.outputs import Generation

__all__ = ["RefusalError", "parser_of", "to_response_format"]


class RefusalError(FerruleError):
    """The model declined to answer in the form that was asked for, and said why.

    Args:
        refusal: What the model said.
    """

    def __init__(self, refusal: str) -> None:
        super().__init__(f"The model refused to answer: {refusal}")
        self.refusal = refusal


def to_response_format(
    schema: Mapping[str, Any] | type, *, strict: bool | None = None
) -> dict[str, Any]:
    """Describe the form of an answer as the parameter `response_format`.

    Args:
        schema: A pydantic class, a `TypedDict` class, a JSON schema with a title, or a dictionary
            in the API's own form, whole or only what `json_schema` holds.
        strict: Whether the service guarantees the form: every property is required then and no
            others are allowed. By default so for pydantic classes, and where `schema` says it.

    Raises:
        ValueError: If `schema` describes nothing, or says another `strict` itself.
    """
    if isinstance(schema, Mapping):
        if schema.get("type") in {"json_object", "text"}:
            return dict(schema)
        inner = schema["json_schema"] if schema.get("type") == "json_schema" else schema
        if "name" in inner and "schema" in inner:
            return {"type": "json_schema", "json_schema": _agreed(inner, strict)}
        strict = inner.get("strict") if strict is None else strict
    elif strict is None and is_model_class(schema):
        strict = True
    described = convert_to_openai_function(schema, strict=strict)
    described["schema"] = described.pop("parameters")
    return {"type": "json_schema", "json_schema": described}


def parser_of(schema: Mapping[str, Any] | type | None) -> JsonOutputParser:
    """Return the parser of answers: instances of a pydantic class, else dicts."""
    if is_model_class(schema):
        return _ModelParser(pydantic_object=schema)
    return _JsonParser()


class _Heeding(JsonOutputParser):
    """Heeds what an answer may be instead of JSON: a refusal, or calls of tools (None then)."""

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        message = getattr(result[0], "message", None)
        if isinstance(message, AIMessage):
            refusal = message.additional_kwargs.get("refusal")
            # In a stream, wait for the whole sentence.
            if refusal and getattr(message, "chunk_position", "last") == "last":
                raise RefusalError(refusal)
            if refusal or message.tool_calls:
                return None
        return super().parse_result(result, partial=partial)


class _JsonParser(_Heeding):
    pass


class _ModelParser(_Heeding, PydanticOutputParser[BaseModel]):
    pass


def _agreed(described: Mapping[str, Any], strict: bool | None) -> dict[str, Any]:
    said = described.get("strict", strict)
    if strict is not None and said != strict:
        msg = f"{described['name']!r} says strict={said!r}, but strict={strict!r} was asked for."
        raise ValueError(msg)
    return {**described} if said is None else {**described, "strict": said}
