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
    from ferrule.output_parsers.string import StrOutputParser
    from ferrule.output_parsers.transform import (
        BaseCumulativeTransformOutputParser,
        BaseTransformOutputParser,
    )

__all__ = [
    "BaseCumulativeTransformOutputParser",
    "BaseGenerationOutputParser",
    "BaseLLMOutputParser",
    "BaseOutputParser",
    "BaseTransformOutputParser",
    "OutputParserLike",
    "StrOutputParser",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BaseCumulativeTransformOutputParser": ".transform",
        "BaseGenerationOutputParser": ".base",
        "BaseLLMOutputParser": ".base",
        "BaseOutputParser": ".base",
        "BaseTransformOutputParser": ".transform",
        "OutputParserLike": ".base",
        "StrOutputParser": ".string",
    },
)
