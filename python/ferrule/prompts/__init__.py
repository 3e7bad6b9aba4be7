"""Prompt templates: from named values to what a model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.prompts.base import BasePromptTemplate
    from ferrule.prompts.base_chat import BaseChatPromptTemplate
    from ferrule.prompts.chat import ChatPromptTemplate
    from ferrule.prompts.dict import DictPromptTemplate
    from ferrule.prompts.document import aformat_document, format_document
    from ferrule.prompts.few_shot import FewShotChatMessagePromptTemplate, FewShotPromptTemplate
    from ferrule.prompts.few_shot_with_templates import FewShotPromptWithTemplates
    from ferrule.prompts.image import ImagePromptTemplate
    from ferrule.prompts.message import BaseMessagePromptTemplate
    from ferrule.prompts.placeholder import MessagesPlaceholder
    from ferrule.prompts.prompt import PromptTemplate
    from ferrule.prompts.roles import (
        AIMessagePromptTemplate,
        BaseStringMessagePromptTemplate,
        ChatMessagePromptTemplate,
        HumanMessagePromptTemplate,
        SystemMessagePromptTemplate,
    )
    from ferrule.prompts.string import StringPromptTemplate
    from ferrule.prompts.structured import StructuredPrompt
    from ferrule.prompts.template import check_valid_template, get_template_variables
    from ferrule.prompts.template_jinja2 import jinja2_formatter, validate_jinja2

__all__ = [
    "AIMessagePromptTemplate",
    "BaseChatPromptTemplate",
    "BaseMessagePromptTemplate",
    "BasePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "ChatPromptTemplate",
    "DictPromptTemplate",
    "FewShotChatMessagePromptTemplate",
    "FewShotPromptTemplate",
    "FewShotPromptWithTemplates",
    "HumanMessagePromptTemplate",
    "ImagePromptTemplate",
    "MessagesPlaceholder",
    "PromptTemplate",
    "StringPromptTemplate",
    "StructuredPrompt",
    "SystemMessagePromptTemplate",
    "aformat_document",
    "check_valid_template",
    "format_document",
    "get_template_variables",
    "jinja2_formatter",
    "validate_jinja2",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "AIMessagePromptTemplate": ".roles",
        "BaseChatPromptTemplate": ".base_chat",
        "BaseMessagePromptTemplate": ".message",
        "BasePromptTemplate": ".base",
        "BaseStringMessagePromptTemplate": ".roles",
        "ChatMessagePromptTemplate": ".roles",
        "ChatPromptTemplate": ".chat",
        "DictPromptTemplate": ".dict",
        "FewShotChatMessagePromptTemplate": ".few_shot",
        "FewShotPromptTemplate": ".few_shot",
        "FewShotPromptWithTemplates": ".few_shot_with_templates",
        "HumanMessagePromptTemplate": ".roles",
        "ImagePromptTemplate": ".image",
        "MessagesPlaceholder": ".placeholder",
        "PromptTemplate": ".prompt",
        "StringPromptTemplate": ".string",
        "StructuredPrompt": ".structured",
        "SystemMessagePromptTemplate": ".roles",
        "aformat_document": ".document",
        "check_valid_template": ".template",
        "format_document": ".document",
        "get_template_variables": ".template",
        "jinja2_formatter": ".template_jinja2",
        "validate_jinja2": ".template_jinja2",
    },
)
