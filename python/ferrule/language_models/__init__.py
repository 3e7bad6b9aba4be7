"""Language models: chat models, text models, and fakes of both for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.language_models.base import (
        BaseLanguageModel,
        LangSmithParams,
        LanguageModelInput,
        LanguageModelLike,
        LanguageModelOutput,
    )
    from ferrule.language_models.chat_models import BaseChatModel, SimpleChatModel
    from ferrule.language_models.fake import (
        FakeListLLM,
        FakeListLLMError,
        FakeStreamingListLLM,
    )
    from ferrule.language_models.fake_chat_models import (
        FakeChatModel,
        FakeListChatModel,
        FakeListChatModelError,
        FakeMessagesListChatModel,
        GenericFakeChatModel,
        ParrotFakeChatModel,
    )
    from ferrule.language_models.llms import LLM, BaseLLM

__all__ = [
    "LLM",
    "BaseChatModel",
    "BaseLLM",
    "BaseLanguageModel",
    "FakeChatModel",
    "FakeListChatModel",
    "FakeListChatModelError",
    "FakeListLLM",
    "FakeListLLMError",
    "FakeMessagesListChatModel",
    "FakeStreamingListLLM",
    "GenericFakeChatModel",
    "LangSmithParams",
    "LanguageModelInput",
    "LanguageModelLike",
    "LanguageModelOutput",
    "ParrotFakeChatModel",
    "SimpleChatModel",
]

_OWNERS = {
    "LLM": ".llms",
    "BaseLLM": ".llms",
    **dict.fromkeys(("BaseChatModel", "SimpleChatModel"), ".chat_models"),
    **dict.fromkeys(
        (
            "BaseLanguageModel",
            "LangSmithParams",
            "LanguageModelInput",
            "LanguageModelLike",
            "LanguageModelOutput",
        ),
        ".base",
    ),
    **dict.fromkeys(("FakeListLLM", "FakeListLLMError", "FakeStreamingListLLM"), ".fake"),
    **dict.fromkeys(
        (
            "FakeChatModel",
            "FakeListChatModel",
            "FakeListChatModelError",
            "FakeMessagesListChatModel",
            "GenericFakeChatModel",
            "ParrotFakeChatModel",
        ),
        ".fake_chat_models",
    ),
}

__getattr__, __dir__ = attach(__name__, _OWNERS)
