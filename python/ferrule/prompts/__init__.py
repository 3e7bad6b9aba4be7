"""Prompt templates: from named values to what a model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.prompts.ai import AIMessagePromptTemplate as AIMessagePromptTemplate
    from ferrule.prompts.base import BasePromptTemplate as BasePromptTemplate
    from ferrule.prompts.base_chat import BaseChatPromptTemplate as BaseChatPromptTemplate
    from ferrule.prompts.chat import ChatPromptTemplate as ChatPromptTemplate
    from ferrule.prompts.dict import DictPromptTemplate as DictPromptTemplate
    from ferrule.prompts.document import (
        aformat_document as aformat_document,
        format_document as format_document,
    )
    from ferrule.prompts.few_shot import (
        FewShotChatMessagePromptTemplate as FewShotChatMessagePromptTemplate,
        FewShotPromptTemplate as FewShotPromptTemplate,
    )
    from ferrule.prompts.few_shot_with_templates import (
        FewShotPromptWithTemplates as FewShotPromptWithTemplates,
    )
    from ferrule.prompts.human import HumanMessagePromptTemplate as HumanMessagePromptTemplate
    from ferrule.prompts.image import ImagePromptTemplate as ImagePromptTemplate
    from ferrule.prompts.message import BaseMessagePromptTemplate as BaseMessagePromptTemplate
    from ferrule.prompts.named_role import (
        BaseStringMessagePromptTemplate as BaseStringMessagePromptTemplate,
        ChatMessagePromptTemplate as ChatMessagePromptTemplate,
    )
    from ferrule.prompts.placeholder import MessagesPlaceholder as MessagesPlaceholder
    from ferrule.prompts.prompt import PromptTemplate as PromptTemplate
    from ferrule.prompts.string import StringPromptTemplate as StringPromptTemplate
    from ferrule.prompts.structured import StructuredPrompt as StructuredPrompt
    from ferrule.prompts.system import SystemMessagePromptTemplate as SystemMessagePromptTemplate
    from ferrule.prompts.template import (
        check_valid_template as check_valid_template,
        get_template_variables as get_template_variables,
    )
    from ferrule.prompts.template_jinja2 import (
        jinja2_formatter as jinja2_formatter,
        validate_jinja2 as validate_jinja2,
    )
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".ai": "AIMessagePromptTemplate",
            ".base": "BasePromptTemplate",
            ".base_chat": "BaseChatPromptTemplate",
            ".chat": "ChatPromptTemplate",
            ".dict": "DictPromptTemplate",
            ".document": "aformat_document format_document",
            ".few_shot": "FewShotChatMessagePromptTemplate FewShotPromptTemplate",
            ".few_shot_with_templates": "FewShotPromptWithTemplates",
            ".human": "HumanMessagePromptTemplate",
            ".image": "ImagePromptTemplate",
            ".message": "BaseMessagePromptTemplate",
            ".named_role": "BaseStringMessagePromptTemplate ChatMessagePromptTemplate",
            ".placeholder": "MessagesPlaceholder",
            ".prompt": "PromptTemplate",
            ".string": "StringPromptTemplate",
            ".structured": "StructuredPrompt",
            ".system": "SystemMessagePromptTemplate",
            ".template": "check_valid_template get_template_variables",
            ".template_jinja2": "jinja2_formatter validate_jinja2",
        },
    )
