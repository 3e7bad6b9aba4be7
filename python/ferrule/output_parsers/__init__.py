"""Parsers: from what a model says to values a program can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.output_parsers.base import (
        BaseGenerationOutputParser as BaseGenerationOutputParser,
        BaseLLMOutputParser as BaseLLMOutputParser,
        BaseOutputParser as BaseOutputParser,
        OutputParserLike as OutputParserLike,
    )
    from ferrule.output_parsers.datetime import DatetimeOutputParser as DatetimeOutputParser
    from ferrule.output_parsers.enum import EnumOutputParser as EnumOutputParser
    from ferrule.output_parsers.json import (
        JsonOutputParser as JsonOutputParser,
        SimpleJsonOutputParser as SimpleJsonOutputParser,
    )
    from ferrule.output_parsers.list import (
        CommaSeparatedListOutputParser as CommaSeparatedListOutputParser,
        ListOutputParser as ListOutputParser,
        MarkdownListOutputParser as MarkdownListOutputParser,
        NumberedListOutputParser as NumberedListOutputParser,
    )
    from ferrule.output_parsers.openai_functions import (
        JsonKeyOutputFunctionsParser as JsonKeyOutputFunctionsParser,
        JsonOutputFunctionsParser as JsonOutputFunctionsParser,
        OutputFunctionsParser as OutputFunctionsParser,
        PydanticAttrOutputFunctionsParser as PydanticAttrOutputFunctionsParser,
        PydanticOutputFunctionsParser as PydanticOutputFunctionsParser,
    )
    from ferrule.output_parsers.openai_tools import (
        JsonOutputKeyToolsParser as JsonOutputKeyToolsParser,
        JsonOutputToolsParser as JsonOutputToolsParser,
        PydanticToolsParser as PydanticToolsParser,
    )
    from ferrule.output_parsers.pydantic import PydanticOutputParser as PydanticOutputParser
    from ferrule.output_parsers.string import StrOutputParser as StrOutputParser
    from ferrule.output_parsers.transform import (
        BaseCumulativeTransformOutputParser as BaseCumulativeTransformOutputParser,
        BaseTransformOutputParser as BaseTransformOutputParser,
    )
    from ferrule.output_parsers.xml import XMLOutputParser as XMLOutputParser
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": """
                BaseGenerationOutputParser BaseLLMOutputParser BaseOutputParser
                OutputParserLike
            """,
            ".datetime": "DatetimeOutputParser",
            ".enum": "EnumOutputParser",
            ".json": "JsonOutputParser SimpleJsonOutputParser",
            ".list": """
                CommaSeparatedListOutputParser ListOutputParser
                MarkdownListOutputParser NumberedListOutputParser
            """,
            ".openai_functions": """
                JsonKeyOutputFunctionsParser JsonOutputFunctionsParser
                OutputFunctionsParser PydanticAttrOutputFunctionsParser
                PydanticOutputFunctionsParser
            """,
            ".openai_tools": "JsonOutputKeyToolsParser JsonOutputToolsParser PydanticToolsParser",
            ".pydantic": "PydanticOutputParser",
            ".string": "StrOutputParser",
            ".transform": "BaseCumulativeTransformOutputParser BaseTransformOutputParser",
            ".xml": "XMLOutputParser",
        },
    )
