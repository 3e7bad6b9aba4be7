"""`ChatAnthropic`: its settings, the request they make, and the calls of the SDK."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field, PositiveInt, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self, override

from ferrule.anthropic.clients import Clients
from ferrule.anthropic.conversation import to_conversation
from ferrule.anthropic.errors import MissingAPIKeyError, require_sdk
from ferrule.anthropic.response import to_chat_result
from ferrule.anthropic.stream import StreamReader
from ferrule.anthropic.tool_choice import to_tool_choice
from ferrule.function_calling import convert_to_anthropic_tool
from ferrule.language_models import BaseChatModel

if TYPE_CHECKING:
    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from ferrule.language_models import LanguageModelInput
    from ferrule.messages import AIMessage, BaseMessage
    from ferrule.outputs import ChatGenerationChunk, ChatResult
    from ferrule.runnables import Runnable
    from ferrule.tools import BaseTool

__all__ = ["ChatAnthropic"]

_KEY_VARIABLE = "ANTHROPIC_API_KEY"
_OTHER_NAMES = {
    "anthropic_api_key": "api_key",
    "anthropic_api_url": "base_url",
    "default_request_timeout": "timeout",
    "max_tokens_to_sample": "max_tokens",
    "model_name": "model",
    "stop_sequences": "stop",
}
_SAMPLING = ("temperature", "top_k", "top_p", "thinking")
# What `create` of every supported SDK takes by name; the rest of the body goes in as it is,
# so that a parameter that this SDK doesn't list (yet, or any more) still reaches the service.
_NAMED = frozenset(
    {
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "stop_sequences",
        "system",
        "tool_choice",
        "tools",
    }
)
_TRANSPORT = frozenset({"betas", "extra_headers", "extra_query", "timeout"})


class ChatAnthropic(BaseChatModel):
    """A Claude model.

    Answers come through the official SDK, which also retries failed requests (`max_retries`).
    Its exceptions reach the caller as they are. `llm_output` and `response_metadata` hold id,
    model, stop reason, stop sequence and usage as the service reported them.

    Keyword arguments of a call (`invoke`, `stream`, `bind`, ...) are parameters of the Messages
    API for that call and win over the settings; `timeout`, `extra_headers` and `extra_query` go
    to the transport.

    Connections are opened when first needed and closed when the model is collected, when the
    event loop that opened them shuts down, or by `close` and `aclose`.

    Raises:
        ImportError: At construction, when the `anthropic` package is not installed.
        MissingAPIKeyError: At construction, when there is no key.

    Example:
        >>> model = ChatAnthropic(model="claude-sonnet-4-5", api_key="...", temperature=0)
        >>> model.max_tokens
        1024
    """

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model: str
    """Name of the model; `model_name` is accepted too."""
    max_tokens: PositiveInt = 1024
    """Most tokens of an answer, thinking included."""
    temperature: float | None = None
    """Randomness, from 0 to 1; None: the service's default."""
    top_k: int | None = None
    """Sample from this many most likely tokens only."""
    top_p: float | None = None
    """Sample from the most likely tokens that make up this probability."""
    stop: list[str] | None = None
    """Texts that end an answer, unless the call passes its own; also `stop_sequences`."""
    thinking: dict[str, Any] | None = None
    """How to think before answering, as `{"type": "enabled", "budget_tokens": 2048}`."""
    betas: list[str] | None = None
    """Beta features to switch on; calls then go to the SDK's beta resource."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters of the Messages API, for every call."""
    streaming: bool = False
    """Stream every answer, so that handlers hear tokens of `invoke` too."""
    api_key: SecretStr | None = Field(default=None, repr=False)
    """The key; by default that of the environment variable ANTHROPIC_API_KEY."""
    base_url: str | None = None
    """Where the service is; by default ANTHROPIC_BASE_URL, else the public address."""
    timeout: float | None = None
    """Seconds to wait for the service; None: the SDK's default of ten minutes."""
    max_retries: int = Field(default=2, ge=0)
    """How often the SDK repeats a request that failed for a passing reason."""
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    """Headers of every request."""

    _clients: Clients = PrivateAttr(default_factory=Clients)

    @model_validator(mode="before")
    @classmethod
    def _translate_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {_OTHER_NAMES.get(name, name): value for name, value in values.items()}

    @model_validator(mode="after")
    def _require_sdk_and_key(self) -> Self:
        require_sdk()
        if not self.api_key:
            key = os.environ.get(_KEY_VARIABLE)
            if not key:
                raise MissingAPIKeyError
            self.api_key = SecretStr(key)
        return self

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # The copy may get other settings, and each of the two can be closed alone.
        copied._clients = Clients()
        return copied

    @property
    def model_name(self) -> str:
        """The model's name, under its other name."""
        return self.model

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "chat_models", "anthropic"]

    @property
    @override
    def lc_secrets(self) -> dict[str, str]:
        return {"api_key": _KEY_VARIABLE}

    @property
    @override
    def _llm_type(self) -> str:
        return "anthropic-chat"

    @property
    @override
    def _identifying_params(self) -> Mapping[str, Any]:
        return {
            "model": self.model,
            "max_tokens": self.max_tokens,
            **{name: getattr(self, name) for name in _SAMPLING},
            "stop_sequences": self.stop,
            "betas": self.betas,
            "model_kwargs": self.model_kwargs,
        }

    @override
    def bind_tools(
        self,
        tools: Sequence[Mapping[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Mapping[str, Any] | str | bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call.

        Args:
            tools: Functions, pydantic models, TypedDicts, tools, or dictionaries in the API's or
                OpenAI's form; the service's own tools are given as dictionaries.
            tool_choice: `auto`, `any` (or True), `none`, the name of a tool, or a dictionary.
            parallel_tool_calls: Whether one answer may call several tools.
            **kwargs: Further parameters of the Messages API.

        Raises:
            ValueError: If something is no tool, or `tool_choice` names no tool.

        Example:
            >>> def add(a: int, b: int) -> int:
            ...     "Add two numbers."
            ...     return a + b
            >>> model = ChatAnthropic(model="claude-sonnet-4-5", api_key="...")
            >>> model.bind_tools([add], tool_choice="add").kwargs["tool_choice"]
            {'type': 'tool', 'name': 'add'}
        """
        described = [convert_to_anthropic_tool(tool) for tool in tools]
        choice = to_tool_choice(tool_choice, described, parallel=parallel_tool_calls)
        if choice is not None:
            kwargs["tool_choice"] = choice
        return self.bind(tools=described, **kwargs)

    def close(self) -> None:
        """Close the connections of synchronous calls; a later call opens new ones."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close the connections of synchronous calls and of the running event loop."""
        await self._clients.aclose()

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        return to_chat_result(_create(self._clients.sync(self._client_settings()), request))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        client = await self._clients.for_running_loop(self._client_settings())
        return to_chat_result(await _create(client, request))

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reader = StreamReader()
        with _create(self._clients.sync(self._client_settings()), request, stream=True) as events:
            for event in events:
                if (chunk := reader.read(event)) is not None:
                    yield chunk
        reader.finish()

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reader = StreamReader()
        client = await self._clients.for_running_loop(self._client_settings())
        async with await _create(client, request, stream=True) as events:
            async for event in events:
                if (chunk := reader.read(event)) is not None:
                    yield chunk
        reader.finish()

    def _request(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arguments of the SDK's `create`: the settings, overridden by those of the call."""
        conversation = to_conversation(messages)
        settings: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            **{name: getattr(self, name) for name in _SAMPLING},
            "stop_sequences": self.stop if stop is None else stop,
            "betas": self.betas,
            **self.model_kwargs,
            **given,
            "system": conversation.system,
            "messages": conversation.turns,
        }
        settings.pop("stream", None)
        body = settings.pop("extra_body", None) or {}
        request: dict[str, Any] = {}
        unnamed: dict[str, Any] = {}
        for name, value in settings.items():
            if value is not None:
                place = request if name in _NAMED or name in _TRANSPORT else unnamed
                place[name] = value
        if unnamed or body:
            request["extra_body"] = {**unnamed, **body}
        return request

    def _client_settings(self) -> dict[str, Any]:
        settings = {
            "api_key": self.api_key.get_secret_value() if self.api_key else None,
            "base_url": self.base_url,
            "timeout": self.timeout,
            "default_headers": self.default_headers,
        }
        given = {name: value for name, value in settings.items() if value is not None}
        return {**given, "max_retries": self.max_retries}


def _create(client: Any, request: dict[str, Any], **how: Any) -> Any:
    """Send a request; with an asynchronous client, return the awaitable that sends it."""
    resource = client.beta.messages if "betas" in request else client.messages
    return resource.create(**request, **how)
