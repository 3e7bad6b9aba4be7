"""Tools, functions, models and schemas in the forms that chat models take.

The form of OpenAI is the common one: integrations make theirs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic.errors import PydanticInvalidForJsonSchema
from typing_extensions import TypedDict, is_typeddict

from ferrule.json_schema import closed, dereference_refs, without_titles
from ferrule.tools.base import BaseTool, is_model_class
from ferrule.tools.schema import create_schema_from_function
from ferrule.tools.simple import Tool
from ferrule.tools.typed_dict import model_of_typed_dict

if TYPE_CHECKING:
    from collections.abc import Container

    from pydantic import BaseModel

ToolLike: TypeAlias = Mapping[str, Any] | type | Callable[..., Any] | BaseTool
"""A tool, a function, a pydantic model, a typed dict, or a schema as a dict."""

_OPENAI_TOOL_TYPES = frozenset(
    {
        "apply_patch",
        "code_interpreter",
        "computer",
        "computer_use_preview",
        "file_search",
        "function",
        "image_generation",
        "mcp",
        "namespace",
        "tool_search",
        "web_search",
    }
)
_ANTHROPIC_EXTRAS = frozenset(
    {"allowed_callers", "cache_control", "defer_loading", "eager_input_streaming", "input_examples"}
)


class FunctionDescription(TypedDict):
    """A function that a model may call."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON schema of type "object"."""


class ToolDescription(TypedDict):
    """A function as a tool, in the form of OpenAI."""

    type: Literal["function"]
    function: FunctionDescription


def convert_to_openai_function(function: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Describe something callable in the function form of OpenAI.

    Args:
        function: A tool, a function with annotations and a docstring, a pydantic model, a typed
            dict, a JSON schema with a title, or a description in the form of OpenAI, Anthropic or
            Bedrock.
        strict: Whether the model must keep exactly to the schema: every property is required then
            and no others are allowed.

    Raises:
        ValueError: If it cannot be described, or says another `strict` itself.

    Example:
        >>> def add(x: int, y: int = 0) -> int:
        ...     '''Add two numbers.
        ...
        ...     Args:
        ...         x: The first one.
        ...         y: The second one.
        ...     '''
        ...     return x + y
        >>> convert_to_openai_function(add)["parameters"]["properties"]["x"]
        {'description': 'The first one.', 'type': 'integer'}
    """
    described = _described(function)
    if strict is None:
        return described
    if described.get("strict", strict) != strict:
        msg = (
            f"{described['name']!r} says strict={described['strict']!r}, "
            f"but strict={strict!r} was asked for."
        )
        raise ValueError(msg)
    described["strict"] = strict
    if strict:
        described["parameters"] = closed(described["parameters"])
    return described


def convert_to_openai_tool(tool: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Describe something callable in the tool form of OpenAI; see `convert_to_openai_function`.

    A dict that is such a tool already, built-in tools of OpenAI included, is returned as it is.
    """
    if isinstance(tool, dict):
        kind = tool.get("type") or ""
        if kind in _OPENAI_TOOL_TYPES or kind.startswith("web_search_preview"):
            return tool
    if isinstance(tool, Tool) and (tool.metadata or {}).get("type") == "custom_tool":
        custom = {"type": "custom", "name": tool.name, "description": tool.description}
        return {**custom, **_picked(tool.metadata, {"format"})}
    return {"type": "function", "function": convert_to_openai_function(tool, strict=strict)}


def convert_to_anthropic_tool(tool: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Describe something callable in the tool form of Anthropic.

    A dict with an `input_schema`, or with a `type` that names a built-in tool, is returned as it
    is. Of a tool's `extras`, the fields that Anthropic knows are added.

    Example:
        >>> def add(x: int) -> int:
        ...     '''Add one.'''
        ...     return x + 1
        >>> sorted(convert_to_anthropic_tool(add))
        ['description', 'input_schema', 'name']
    """
    if isinstance(tool, dict):
        kind = tool.get("type")
        if "input_schema" in tool or (kind not in {None, "function", "object"} and "name" in tool):
            return tool
    function = convert_to_openai_tool(tool, strict=strict)["function"]
    described = {
        "name": function["name"],
        "input_schema": function.get("parameters", {"type": "object", "properties": {}}),
        **_picked(function, {"description", "strict"}),
    }
    if isinstance(tool, BaseTool):
        described |= _picked(tool.extras, _ANTHROPIC_EXTRAS)
    return described


def convert_to_json_schema(schema: ToolLike, *, strict: bool | None = None) -> dict[str, Any]:
    """Describe something callable as one JSON schema, with its name as the title.

    Raises:
        ValueError: If it cannot be described.
    """
    function = convert_to_openai_tool(schema, strict=strict).get("function")
    if not isinstance(function, dict) or "name" not in function:
        msg = f"Only a function can be described by a JSON schema, which {schema!r} is not."
        raise ValueError(msg)
    return {
        "title": function["name"],
        **_picked(function, {"description"}),
        **function.get("parameters", {}),
    }


def _described(function: ToolLike) -> dict[str, Any]:
    if isinstance(function, Mapping):
        return _of_mapping(function)
    if is_model_class(function):
        return _of_model(function)
    if isinstance(function, type) and is_typeddict(function):
        return _of_model(model_of_typed_dict(function))
    if isinstance(function, BaseTool):
        return _of_tool(function)
    given: Any = function
    is_builtin_class = isinstance(given, type) and given.__module__ == "builtins"
    if callable(given) and not is_builtin_class:
        model = create_schema_from_function(
            given.__name__, given, parse_docstring=True, include_injected=False
        )
        return _of_model(model, given.__name__, model.__doc__)
    raise ValueError(_not_describable(function))


def _of_mapping(given: Mapping[str, Any]) -> dict[str, Any]:
    if "name" in given and "input_schema" in given:  # Anthropic
        return {
            "name": given["name"],
            "parameters": given["input_schema"],
            **_picked(given, {"description"}),
        }
    if "toolSpec" in given:  # Bedrock
        spec = given["toolSpec"]
        return {
            "name": spec["name"],
            "parameters": spec["inputSchema"]["json"],
            **_picked(spec, {"description"}),
        }
    if "name" in given:
        return _picked(given, ("name", "description", "parameters", "strict"))
    if "title" in given:
        rest = {key: value for key, value in given.items() if key not in {"title", "description"}}
        return {
            "name": given["title"],
            **_picked(given, {"description"}),
            **({"parameters": rest} if "properties" in rest else {}),
        }
    raise ValueError(_not_describable(given))


def _of_tool(tool: BaseTool) -> dict[str, Any]:
    if isinstance(tool, Tool) and not tool.args_schema:
        only = {"__arg1": {"title": "__arg1", "type": "string"}}
        parameters = {"properties": only, "required": ["__arg1"], "type": "object"}
        return {"name": tool.name, "description": tool.description, "parameters": parameters}
    schema = tool.tool_call_schema
    if isinstance(schema, dict):
        return _of_schema(schema, tool.name, tool.description)
    return _of_model(schema, tool.name, tool.description)


def _of_model(
    model: type[BaseModel], name: str | None = None, description: str | None = None
) -> dict[str, Any]:
    try:
        schema = model.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        msg = (
            f"{name or model.__name__} has an argument that no JSON schema can describe "
            f"({error.message}) Use pydantic models, plain types, or text instead."
        )
        raise PydanticInvalidForJsonSchema(msg) from error
    return _of_schema(schema, name, description)


def _of_schema(schema: dict[str, Any], name: str | None, description: str | None) -> dict[str, Any]:
    schema = dereference_refs(schema)
    for key in ("$defs", "definitions"):
        schema.pop(key, None)
    title, said = schema.pop("title", ""), schema.pop("description", "")
    return {
        "name": name or title,
        "description": description or said,
        "parameters": without_titles(schema),
    }


def _picked(given: Mapping[str, Any] | None, keys: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if key in keys}


def _not_describable(given: object) -> str:
    return (
        f"{given!r} cannot be described as a function: pass a tool, a function, a pydantic model, "
        "a typed dict, a description in the form of OpenAI, or a JSON schema with a title."
    )
