"""Prompts that are filled in: what a prompt hands to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.prompt_values.base import PromptValue as PromptValue
    from ferrule.prompt_values.chat import ChatPromptValue as ChatPromptValue
    from ferrule.prompt_values.concrete import ChatPromptValueConcrete as ChatPromptValueConcrete
    from ferrule.prompt_values.image import (
        ImagePromptValue as ImagePromptValue,
        ImageURL as ImageURL,
    )
    from ferrule.prompt_values.text import StringPromptValue as StringPromptValue
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": "PromptValue",
            ".chat": "ChatPromptValue",
            ".concrete": "ChatPromptValueConcrete",
            ".image": "ImagePromptValue ImageURL",
            ".text": "StringPromptValue",
        },
    )
