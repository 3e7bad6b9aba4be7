"""Parsers of tool calls: as dicts, as the arguments of one tool, as pydantic models."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, SkipValidation, ValidationError, field_validator

from ferrule.exceptions import OutputParserException
from ferrule.messages import AIMessage
from ferrule.messages.partial_json import parse_partial_json
from ferrule.messages.tool_calls import InvalidToolCall, invalid_tool_call, tool_call
from ferrule.output_parsers.json_diff import json_diff
from ferrule.output_parsers.pydantic import check_model
from ferrule.output_parsers.transform import BaseCumulativeTransformOutputParser
from ferrule.outputs import ChatGeneration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ferrule.messages import BaseMessage
    from ferrule.outputs import Generation

_logger = logging.getLogger(__name__)


def parse_tool_call(
    raw_tool_call: dict[str, Any],
    *,
    partial: bool = False,
    strict: bool = False,
    return_id: bool = True,
) -> dict[str, Any] | None:
    """Read one tool call in the form of OpenAI, whose arguments are JSON text.

    Args:
        raw_tool_call: The call.
        partial: Whether the arguments may break off.
        strict: Whether control characters inside of texts are errors.
        return_id: Whether the result tells the id of the call, and its type.

    Returns:
        The call as a dict, or None if it calls no function, or with `partial` says nothing yet.

    Raises:
        OutputParserException: If the arguments are not JSON.
    """
    function = raw_tool_call.get("function")
    if function is None:
        return None
    text = function["arguments"]
    try:
        if partial:
            args = parse_partial_json(text, strict=strict)
        else:
            args = json.loads(text, strict=strict) if text else {}
    except (json.JSONDecodeError, TypeError) as error:
        if partial:
            return None
        msg = f"The arguments for {function['name']!r} are not JSON ({error}): {text}"
        raise OutputParserException(msg, llm_output=str(text)) from error
    name = function["name"] or ""
    if return_id:
        return {**tool_call(name=name, args=args or {}, id=raw_tool_call.get("id"))}
    return {"name": name, "args": args or {}}


def make_invalid_tool_call(raw_tool_call: dict[str, Any], error_msg: str | None) -> InvalidToolCall:
    """Keep a tool call that could not be read, with the reason."""
    function = raw_tool_call["function"]
    return invalid_tool_call(
        name=function["name"],
        args=function["arguments"],
        id=raw_tool_call.get("id"),
        error=error_msg,
    )


def parse_tool_calls(
    raw_tool_calls: Iterable[dict[str, Any]],
    *,
    partial: bool = False,
    strict: bool = False,
    return_id: bool = True,
) -> list[dict[str, Any]]:
    """Read tool calls in the form of OpenAI; see `parse_tool_call`.

    Raises:
        OutputParserException: If the arguments of some are not JSON; it tells of all of them.
    """
    calls: list[dict[str, Any]] = []
    failures: list[OutputParserException] = []
    for raw in raw_tool_calls:
        try:
            call = parse_tool_call(raw, partial=partial, strict=strict, return_id=return_id)
        except OutputParserException as failure:  # noqa: PERF203  one broken call spares the others
            failures.append(failure)
        else:
            if call:
                calls.append(call)
    if failures:
        msg = "\n".join(map(str, failures))
        raise OutputParserException(msg, llm_output=failures[0].llm_output) from failures[0]
    return calls


def message_of(result: list[Generation]) -> BaseMessage:
    """Return the message of the first candidate.

    Raises:
        OutputParserException: If it is text.
    """
    first = result[0]
    if isinstance(first, ChatGeneration):
        return first.message
    msg = f"Calls are found in messages, not in text: {first.text!r}."
    raise OutputParserException(msg, llm_output=first.text)


class JsonOutputToolsParser(BaseCumulativeTransformOutputParser[Any]):
    """Parse the tool calls of a message into dicts with `type` (the tool's name) and `args`.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> call = {"name": "add", "args": {"x": 1}, "id": "c1"}
        >>> JsonOutputToolsParser().invoke(AIMessage("", tool_calls=[call]))
        [{'args': {'x': 1}, 'type': 'add'}]
    """

    _runs_inline: ClassVar[bool] = True

    strict: bool = False
    """Whether control characters inside of texts are errors."""
    return_id: bool = False
    """Whether the results tell the `id` of the call."""
    first_tool_only: bool = False
    """Whether the first call is returned alone (None if there is none) instead of a list."""

    def _diff(self, prev: Any, next: Any) -> Any:
        return json_diff(prev, next)

    def _calls(self, result: list[Generation], *, partial: bool) -> list[dict[str, Any]]:
        message = message_of(result)
        if isinstance(message, AIMessage) and message.tool_calls:
            calls: list[dict[str, Any]] = [dict(call) for call in message.tool_calls]
        else:
            calls = parse_tool_calls(
                message.additional_kwargs.get("tool_calls", ()),
                partial=partial,
                strict=self.strict,
            )
        kept = ("args", "id") if self.return_id else ("args",)
        return [{**{key: call[key] for key in kept}, "type": call["name"]} for call in calls]

    def _chosen(self, values: list[Any]) -> Any:
        if self.first_tool_only:
            return values[0] if values else None
        return values

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the calls of the first candidate.

        Raises:
            OutputParserException: If it is text, or arguments are not JSON.
        """
        return self._chosen(self._calls(result, partial=partial))

    def parse(self, text: str) -> Any:
        """Refuse text, which holds no tool calls.

        Raises:
            NotImplementedError: Always.
        """
        msg = f"{type(self).__name__} parses messages, not text."
        raise NotImplementedError(msg)


class JsonOutputKeyToolsParser(JsonOutputToolsParser):
    """Parse the calls of one tool into their arguments.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> call = {"name": "add", "args": {"x": 1}, "id": "c1"}
        >>> JsonOutputKeyToolsParser(key_name="add").invoke(AIMessage("", tool_calls=[call]))
        [{'x': 1}]
    """

    _runs_inline: ClassVar[bool] = True

    key_name: str
    """The tool's name."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the calls of the tool; with `return_id` as whole dicts.

        Raises:
            OutputParserException: If the candidate is text, or arguments are not JSON.
        """
        calls = [
            call for call in self._calls(result, partial=partial) if call["type"] == self.key_name
        ]
        return self._chosen(calls if self.return_id else [call["args"] for call in calls])


class PydanticToolsParser(JsonOutputToolsParser):
    """Parse tool calls into instances of the models that describe the tools.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> from pydantic import BaseModel
        >>> class Add(BaseModel):
        ...     x: int
        >>> call = {"name": "Add", "args": {"x": "1"}, "id": "c1"}
        >>> PydanticToolsParser(tools=[Add]).invoke(AIMessage("", tool_calls=[call]))
        [Add(x=1)]
    """

    _runs_inline: ClassVar[bool] = True

    tools: SkipValidation[list[type[BaseModel]]]
    """The models; one is known by its configured title, else by the name of its class."""

    @field_validator("tools", mode="before")
    @classmethod
    def _check_models(cls, given: Any) -> Any:
        if not isinstance(given, (list, tuple)):
            msg = f"tools is a list of pydantic models, but got {given!r}."
            raise ValueError(msg)  # noqa: TRY004  becomes pydantic's ValidationError
        return [check_model(each) for each in given]

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the calls of the first candidate.

        With `partial`, calls that are not valid yet are left out.

        Raises:
            OutputParserException: If the candidate is text, or calls a tool that is not known.
            ValidationError: If arguments do not fit the model.
        """
        models = {model.model_config.get("title") or model.__name__: model for model in self.tools}
        parsed: list[BaseModel] = []
        for call in self._wanted(result, partial=partial):
            model = models.get(call["type"])
            if model is None:
                known = ", ".join(models) or "none"
                msg = f"There is no tool {call['type']!r}; the tools are: {known}."
                raise OutputParserException(msg)
            try:
                parsed.append(model.model_validate(call["args"]))
            except ValidationError:
                if partial:
                    continue
                if message_of(result).response_metadata.get("stop_reason") == "max_tokens":
                    _logger.warning(
                        "The model stopped at its limit of tokens, so the arguments for %r are "
                        "probably cut off: raise `max_tokens`.",
                        call["type"],
                    )
                raise
        return self._chosen(parsed)

    def _wanted(self, result: list[Generation], *, partial: bool) -> list[dict[str, Any]]:
        calls = self._calls(result, partial=partial)
        return calls[:1] if self.first_tool_only else calls
