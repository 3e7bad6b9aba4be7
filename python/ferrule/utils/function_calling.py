"""Descriptions and examples of tools, under langchain-core's path."""

from ferrule.function_calling import (
    FunctionDescription,
    ToolDescription,
    convert_to_json_schema,
    convert_to_openai_function,
    convert_to_openai_tool,
)
from ferrule.messages.tool_example import tool_example_to_messages

__all__ = [
    "FunctionDescription",
    "ToolDescription",
    "convert_to_json_schema",
    "convert_to_openai_function",
    "convert_to_openai_tool",
    "tool_example_to_messages",
]
