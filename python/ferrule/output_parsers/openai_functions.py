"""Parsers of the former function calls of OpenAI, which are in `additional_kwargs`."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, model_validator

from ferrule.exceptions import OutputParserException
from ferrule.messages.partial_json import parse_partial_json
from ferrule.output_parsers.base import BaseGenerationOutputParser
from ferrule.output_parsers.json_diff import json_diff
from ferrule.output_parsers.openai_tools import message_of
from ferrule.output_parsers.transform import BaseCumulativeTransformOutputParser

if TYPE_CHECKING:
    from ferrule.outputs import Generation


def _function_call(result: list[Generation]) -> dict[str, Any]:
    try:
        call: dict[str, Any] = message_of(result).additional_kwargs["function_call"]
    except KeyError as error:
        msg = "The message calls no function: its additional_kwargs hold no `function_call`."
        raise OutputParserException(msg, llm_output=result[0].text) from error
    return call


class OutputFunctionsParser(BaseGenerationOutputParser[Any]):
    """Return the function call of a message, its arguments still JSON text."""

    _runs_inline: ClassVar[bool] = True

    args_only: bool = True
    """Whether the arguments are returned instead of the call."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:  # noqa: ARG002  text is returned as far as it goes
        """Return the call of the first candidate.

        Raises:
            OutputParserException: If it calls no function.
        """
        call = copy.deepcopy(_function_call(result))
        return call["arguments"] if self.args_only else call


class JsonOutputFunctionsParser(BaseCumulativeTransformOutputParser[Any]):
    """Parse the arguments of a function call.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> call = {"name": "add", "arguments": '{"x": 1}'}
        >>> JsonOutputFunctionsParser().invoke(
        ...     AIMessage("", additional_kwargs={"function_call": call})
        ... )
        {'x': 1}
    """

    _runs_inline: ClassVar[bool] = True

    strict: bool = False
    """Whether control characters inside of texts are errors."""
    args_only: bool = True
    """Whether the arguments are returned instead of the call."""

    @property
    def _type(self) -> str:
        return "json_functions"

    def _diff(self, prev: Any, next: Any) -> Any:
        return json_diff(prev, next)

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the call of the only candidate.

        Raises:
            OutputParserException: If there are several candidates, no call, or no JSON; with
                `partial` a missing call or unreadable JSON gives None.
        """
        if len(result) != 1:
            msg = f"There must be exactly one candidate, not {len(result)}."
            raise OutputParserException(msg)
        if partial and "function_call" not in message_of(result).additional_kwargs:
            return None
        call = _function_call(result)
        text = call.get("arguments")
        try:
            args = (
                parse_partial_json(text or "", strict=self.strict)
                if partial
                else json.loads(text or "", strict=self.strict)
            )
        except json.JSONDecodeError as error:
            if partial:
                return None
            msg = f"The arguments for {call.get('name')!r} are not JSON ({error}): {text}"
            raise OutputParserException(msg, llm_output=text) from error
        return args if self.args_only else {**call, "arguments": args}

    def parse(self, text: str) -> Any:
        """Refuse text, which holds no function call.

        Raises:
            NotImplementedError: Always.
        """
        msg = f"{type(self).__name__} parses messages, not text."
        raise NotImplementedError(msg)


class JsonKeyOutputFunctionsParser(JsonOutputFunctionsParser):
    """Parse one argument of a function call."""

    _runs_inline: ClassVar[bool] = True

    key_name: str
    """The argument's name."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Return the argument; None while it has not arrived.

        Raises:
            OutputParserException: If there is no such argument.
        """
        args = super().parse_result(result, partial=partial)
        if partial:
            return (args or {}).get(self.key_name)
        if self.key_name not in args:
            msg = f"The call has no argument {self.key_name!r}: {args!r}."
            raise OutputParserException(msg, llm_output=json.dumps(args))
        return args[self.key_name]


class PydanticOutputFunctionsParser(OutputFunctionsParser):
    """Parse the arguments of a function call into a pydantic model."""

    _runs_inline: ClassVar[bool] = True

    pydantic_schema: type[BaseModel] | dict[str, type[BaseModel]]
    """The model, or models by the name of the function."""

    @model_validator(mode="before")
    @classmethod
    def _settle_args_only(cls, values: dict[str, Any]) -> dict[str, Any]:
        by_name = isinstance(values.get("pydantic_schema"), dict)
        if by_name and values.get("args_only"):
            msg = "With models by name the function's name is needed: leave `args_only` out."
            raise ValueError(msg)
        return {"args_only": not by_name, **values}

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the call of the first candidate.

        Raises:
            OutputParserException: If it calls no function, or one without a model.
            ValidationError: If the arguments do not fit.
        """
        called = super().parse_result(result, partial=partial)
        if not isinstance(self.pydantic_schema, dict):
            text = called if self.args_only else called["arguments"]
            return self.pydantic_schema.model_validate_json(text)
        model = self.pydantic_schema.get(called["name"])
        if model is None:
            known = ", ".join(self.pydantic_schema) or "none"
            msg = f"There is no model for {called['name']!r}; the functions are: {known}."
            raise OutputParserException(msg, llm_output=called["arguments"])
        return model.model_validate_json(called["arguments"])


class PydanticAttrOutputFunctionsParser(PydanticOutputFunctionsParser):
    """Parse the arguments of a function call and return one attribute of the model."""

    _runs_inline: ClassVar[bool] = True

    attr_name: str
    """The attribute's name."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        return getattr(super().parse_result(result, partial=partial), self.attr_name)
