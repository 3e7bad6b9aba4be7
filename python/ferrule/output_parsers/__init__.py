"""Parsers: from what a model says to values a program can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.output_parsers.base import (
        BaseGenerationOutputParser,
        BaseLLMOutputParser,
        BaseOutputParser,
        OutputParserLike,
    )
    from ferrule.output_parsers.datetime import (
        DatetimeOutputParser,
    )
    from ferrule.output_parsers.enum import (
        EnumOutputParser,
    )
    from ferrule.output_parsers.json import (
        JsonOutputParser,
        SimpleJsonOutputParser,
    )
    from ferrule.output_parsers.list import (
        CommaSeparatedListOutputParser,
        ListOutputParser,
        MarkdownListOutputParser,
        NumberedListOutputParser,
    )
    from ferrule.output_parsers.openai_functions import (
        JsonKeyOutputFunctionsParser,
        JsonOutputFunctionsParser,
        OutputFunctionsParser,
        PydanticAttrOutputFunctionsParser,
        PydanticOutputFunctionsParser,
    )
    from ferrule.output_parsers.openai_tools import (
        JsonOutputKeyToolsParser,
        JsonOutputToolsParser,
        PydanticToolsParser,
    )
    from ferrule.output_parsers.pydantic import (
        PydanticOutputParser,
    )
    from ferrule.output_parsers.string import (
        StrOutputParser,
    )
    from ferrule.output_parsers.transform import (
        BaseCumulativeTransformOutputParser,
        BaseTransformOutputParser,
    )
    from ferrule.output_parsers.xml import (
        XMLOutputParser,
    )

__all__ = [
    "BaseCumulativeTransformOutputParser",
    "BaseGenerationOutputParser",
    "BaseLLMOutputParser",
    "BaseOutputParser",
    "BaseTransformOutputParser",
    "CommaSeparatedListOutputParser",
    "DatetimeOutputParser",
    "EnumOutputParser",
    "JsonKeyOutputFunctionsParser",
    "JsonOutputFunctionsParser",
    "JsonOutputKeyToolsParser",
    "JsonOutputParser",
    "JsonOutputToolsParser",
    "ListOutputParser",
    "MarkdownListOutputParser",
    "NumberedListOutputParser",
    "OutputFunctionsParser",
    "OutputParserLike",
    "PydanticAttrOutputFunctionsParser",
    "PydanticOutputFunctionsParser",
    "PydanticOutputParser",
    "PydanticToolsParser",
    "SimpleJsonOutputParser",
    "StrOutputParser",
    "XMLOutputParser",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BaseCumulativeTransformOutputParser": ".transform",
        "BaseGenerationOutputParser": ".base",
        "BaseLLMOutputParser": ".base",
        "BaseOutputParser": ".base",
        "BaseTransformOutputParser": ".transform",
        "CommaSeparatedListOutputParser": ".list",
        "DatetimeOutputParser": ".datetime",
        "EnumOutputParser": ".enum",
        "JsonKeyOutputFunctionsParser": ".openai_functions",
        "JsonOutputFunctionsParser": ".openai_functions",
        "JsonOutputKeyToolsParser": ".openai_tools",
        "JsonOutputParser": ".json",
        "JsonOutputToolsParser": ".openai_tools",
        "ListOutputParser": ".list",
        "MarkdownListOutputParser": ".list",
        "NumberedListOutputParser": ".list",
        "OutputFunctionsParser": ".openai_functions",
        "OutputParserLike": ".base",
        "PydanticAttrOutputFunctionsParser": ".openai_functions",
        "PydanticOutputFunctionsParser": ".openai_functions",
        "PydanticOutputParser": ".pydantic",
        "PydanticToolsParser": ".openai_tools",
        "SimpleJsonOutputParser": ".json",
        "StrOutputParser": ".string",
        "XMLOutputParser": ".xml",
    },
)
