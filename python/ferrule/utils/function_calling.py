"""The names of `ferrule.function_calling`, under langchain-core's path."""

from ferrule.function_calling import (
    FunctionDescription,
    ToolDescription,
    convert_to_json_schema,
    convert_to_openai_function,
    convert_to_openai_tool,
)

__all__ = [
    "FunctionDescription",
    "ToolDescription",
    "convert_to_json_schema",
    "convert_to_openai_function",
    "convert_to_openai_tool",
]
