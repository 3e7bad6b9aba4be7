"""Answers in the form of a schema, by way of a tool that the model must call."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ferrule._lazy import later

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.runnables import Runnable

__all__ = ["describe_format", "parse_with", "structured_output"]

# Tools and their parsers are loaded when a model is first asked for structured output.
_later = later(
    __name__,
    {
        "ferrule.function_calling": "convert_to_json_schema convert_to_openai_tool",
        "ferrule.output_parsers": "JsonOutputKeyToolsParser PydanticToolsParser",
        "ferrule.runnables": "RunnableParallel RunnablePassthrough",
        "ferrule.tools.base": "is_model_class",
    },
)


def structured_output(
    bind_tools: Callable[..., Runnable[Any, Any]],
    schema: dict[str, Any] | type,
    *,
    include_raw: bool,
    **kwargs: Any,
) -> Runnable[Any, Any]:
    """Return the model with the schema as its only tool, followed by the parser of its call.

    Args:
        bind_tools: The method of the model.
        schema: What describes the tool; a pydantic class also makes the output.
        include_raw: Give the message, the output and the parser's exception as a dict.
        **kwargs: Further arguments of `bind_tools`.
    """
    told = {"kwargs": {"method": "function_calling"}, "schema": schema}
    how = {"tool_choice": "any", "ls_structured_output_format": told, **kwargs}
    model: Runnable[Any, Any] = bind_tools([schema], **how)
    return parse_with(_parser_of(schema), model, include_raw=include_raw)


def parse_with(
    parser: Runnable[Any, Any], model: Runnable[Any, Any], *, include_raw: bool
) -> Runnable[Any, Any]:
    """Return a model followed by the parser of its answers.

    Args:
        parser: Makes the output of a message.
        model: The model, told what form to answer in.
        include_raw: Give the message, the output and the parser's exception as a dict.
    """
    if not include_raw:
        parsing: Runnable[Any, Any] = model | parser
        return parsing
    passthrough, parallel = _later("RunnablePassthrough"), _later("RunnableParallel")
    parsed: Runnable[Any, Any] = passthrough.assign(
        parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
    )
    not_parsed = passthrough.assign(parsed=lambda _: None)
    joined: Runnable[Any, Any] = parallel(raw=model) | parsed.with_fallbacks(
        [not_parsed], exception_key="parsing_error"
    )
    return joined


def describe_format(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what the `options` of a start event tell about a call with structured output.

    Args:
        wanted: `{"kwargs": …, "schema": …}` as a model's `with_structured_output` binds it.
    """
    try:
        schema = _later("convert_to_json_schema")(wanted["schema"])
    except ValueError:
        return {}
    return {"ls_structured_output_format": {"kwargs": wanted.get("kwargs", {}), "schema": schema}}


def _parser_of(schema: dict[str, Any] | type) -> Runnable[Any, Any]:
    parser: Runnable[Any, Any]
    if _later("is_model_class")(schema):
        parser = _later("PydanticToolsParser")(tools=[schema], first_tool_only=True)
    else:
        name = _later("convert_to_openai_tool")(schema)["function"]["name"]
        parser = _later("JsonOutputKeyToolsParser")(key_name=name, first_tool_only=True)
    return parser
