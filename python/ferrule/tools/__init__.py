"""Tools: functions that models call by name, with arguments that fit a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.messages.tool import ToolOutputMixin
    from ferrule.messages.tool_calls import ToolCall
    from ferrule.tools.base import ArgsSchema, BaseTool, BaseToolkit
    from ferrule.tools.decorator import tool
    from ferrule.tools.errors import SchemaAnnotationError, ToolException
    from ferrule.tools.from_runnable import convert_runnable_to_tool
    from ferrule.tools.injection import InjectedToolArg, InjectedToolCallId
    from ferrule.tools.render import (
        ToolsRenderer,
        render_text_description,
        render_text_description_and_args,
    )
    from ferrule.tools.retriever import RetrieverInput, create_retriever_tool
    from ferrule.tools.schema import create_schema_from_function
    from ferrule.tools.simple import Tool
    from ferrule.tools.structured import StructuredTool

__all__ = [
    "ArgsSchema",
    "BaseTool",
    "BaseToolkit",
    "InjectedToolArg",
    "InjectedToolCallId",
    "RetrieverInput",
    "SchemaAnnotationError",
    "StructuredTool",
    "Tool",
    "ToolCall",
    "ToolException",
    "ToolOutputMixin",
    "ToolsRenderer",
    "convert_runnable_to_tool",
    "create_retriever_tool",
    "create_schema_from_function",
    "render_text_description",
    "render_text_description_and_args",
    "tool",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ArgsSchema": ".base",
        "BaseTool": ".base",
        "BaseToolkit": ".base",
        "InjectedToolArg": ".injection",
        "InjectedToolCallId": ".injection",
        "RetrieverInput": ".retriever",
        "SchemaAnnotationError": ".errors",
        "StructuredTool": ".structured",
        "Tool": ".simple",
        "ToolCall": "ferrule.messages.tool_calls",
        "ToolException": ".errors",
        "ToolOutputMixin": "ferrule.messages.tool",
        "ToolsRenderer": ".render",
        "convert_runnable_to_tool": ".from_runnable",
        "create_retriever_tool": ".retriever",
        "create_schema_from_function": ".schema",
        "render_text_description": ".render",
        "render_text_description_and_args": ".render",
        "tool": ".decorator",
    },
)
