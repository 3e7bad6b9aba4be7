"""Tools: functions that models call by name, with arguments that fit a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.messages.tool import ToolOutputMixin as ToolOutputMixin
    from ferrule.messages.tool_calls import ToolCall as ToolCall
    from ferrule.tools.base import (
        ArgsSchema as ArgsSchema,
        BaseTool as BaseTool,
        BaseToolkit as BaseToolkit,
    )
    from ferrule.tools.decorator import tool as tool
    from ferrule.tools.errors import (
        SchemaAnnotationError as SchemaAnnotationError,
        ToolException as ToolException,
    )
    from ferrule.tools.from_runnable import convert_runnable_to_tool as convert_runnable_to_tool
    from ferrule.tools.injection import (
        InjectedToolArg as InjectedToolArg,
        InjectedToolCallId as InjectedToolCallId,
    )
    from ferrule.tools.render import (
        ToolsRenderer as ToolsRenderer,
        render_text_description as render_text_description,
        render_text_description_and_args as render_text_description_and_args,
    )
    from ferrule.tools.retriever import (
        RetrieverInput as RetrieverInput,
        create_retriever_tool as create_retriever_tool,
    )
    from ferrule.tools.schema import create_schema_from_function as create_schema_from_function
    from ferrule.tools.simple import Tool as Tool
    from ferrule.tools.structured import StructuredTool as StructuredTool
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": "ArgsSchema BaseTool BaseToolkit",
            ".decorator": "tool",
            ".errors": "SchemaAnnotationError ToolException",
            ".from_runnable": "convert_runnable_to_tool",
            ".injection": "InjectedToolArg InjectedToolCallId",
            ".render": "ToolsRenderer render_text_description render_text_description_and_args",
            ".retriever": "RetrieverInput create_retriever_tool",
            ".schema": "create_schema_from_function",
            ".simple": "Tool",
            ".structured": "StructuredTool",
            "ferrule.messages.tool": "ToolOutputMixin",
            "ferrule.messages.tool_calls": "ToolCall",
        },
    )
