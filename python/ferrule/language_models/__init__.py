"""Language models: chat models, text models, and fakes of both for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule._core import TextChunks as TextChunks
    from ferrule.language_models.base import (
        BaseLanguageModel as BaseLanguageModel,
        LangSmithParams as LangSmithParams,
        LanguageModelInput as LanguageModelInput,
        LanguageModelLike as LanguageModelLike,
        LanguageModelOutput as LanguageModelOutput,
    )
    from ferrule.language_models.chat_models import (
        BaseChatModel as BaseChatModel,
        SimpleChatModel as SimpleChatModel,
    )
    from ferrule.language_models.fake import (
        FakeListLLM as FakeListLLM,
        FakeListLLMError as FakeListLLMError,
        FakeStreamingListLLM as FakeStreamingListLLM,
    )
    from ferrule.language_models.fake_answers import (
        FakeChatModel as FakeChatModel,
        FakeMessagesListChatModel as FakeMessagesListChatModel,
        GenericFakeChatModel as GenericFakeChatModel,
        ParrotFakeChatModel as ParrotFakeChatModel,
    )
    from ferrule.language_models.fake_chat_models import (
        FakeListChatModel as FakeListChatModel,
        FakeListChatModelError as FakeListChatModelError,
    )
    from ferrule.language_models.llms import LLM as LLM, BaseLLM as BaseLLM
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".base": """
                BaseLanguageModel LangSmithParams LanguageModelInput
                LanguageModelLike LanguageModelOutput
            """,
            ".chat_models": "BaseChatModel SimpleChatModel",
            ".fake": "FakeListLLM FakeListLLMError FakeStreamingListLLM",
            ".fake_chat_models": "FakeListChatModel FakeListChatModelError",
            ".fake_answers": """
                FakeChatModel FakeMessagesListChatModel GenericFakeChatModel ParrotFakeChatModel
            """,
            ".llms": "LLM BaseLLM",
            "ferrule._core": "TextChunks",
        },
    )
