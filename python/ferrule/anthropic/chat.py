"""`ChatAnthropic`: its settings, and the request they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PositiveInt
from typing_extensions import override

from ferrule.anthropic.conversation import to_conversation
from ferrule.anthropic.response import to_chat_result
from ferrule.anthropic.stream import MessageReader
from ferrule.anthropic.tool_choice import to_tool_choice
from ferrule.function_calling import convert_to_anthropic_tool
from ferrule.hosted import SDK, HostedChatModel, tool_list

if TYPE_CHECKING:
    from ferrule.language_models import LanguageModelInput
    from ferrule.messages import AIMessage, BaseMessage
    from ferrule.outputs import ChatResult
    from ferrule.runnables import Runnable
    from ferrule.tools import BaseTool

__all__ = ["ChatAnthropic"]

_SAMPLING = ("temperature", "top_k", "top_p", "thinking")


class ChatAnthropic(HostedChatModel):
    """A Claude model.

    Answers come through the official SDK, which also retries failed requests (`max_retries`).
    Its exceptions reach the caller as they are. `llm_output` and `response_metadata` hold id,
    model, stop reason, stop sequence and usage as the service reported them.

    Keyword arguments of a call (`invoke`, `stream`, `bind`, ...) are parameters of the Messages
    API for that call and win over the settings; `timeout`, `extra_headers` and `extra_query` go
    to the transport. The key comes from `api_key` or the environment variable ANTHROPIC_API_KEY,
    the address from `base_url` or ANTHROPIC_BASE_URL, else it is the public one.

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

    sdk: ClassVar[SDK] = SDK(
        package="anthropic", client="Anthropic", key_variable="ANTHROPIC_API_KEY"
    )
    other_names: ClassVar[Mapping[str, str]] = {
        "anthropic_api_key": "api_key",
        "anthropic_api_url": "base_url",
        "default_request_timeout": "timeout",
        "max_tokens_to_sample": "max_tokens",
        "model_name": "model",
        "stop_sequences": "stop",
    }
    named_parameters: ClassVar[frozenset[str]] = frozenset(
        {
            "betas",
            "max_tokens",
            "messages",
            "metadata",
            "model",
            "stop_sequences",
            "stream",
            "system",
            "tool_choice",
            "tools",
        }
    )

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

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "chat_models", "anthropic"]

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
            TypeError: If `tools` is no list, or `tool_choice` no choice.
            ValueError: If something is no tool, or `tool_choice` names no tool.

        Example:
            >>> def add(a: int, b: int) -> int:
            ...     "Add two numbers."
            ...     return a + b
            >>> model = ChatAnthropic(model="claude-sonnet-4-5", api_key="...")
            >>> model.bind_tools([add], tool_choice="add").kwargs["tool_choice"]
            {'type': 'tool', 'name': 'add'}
        """
        described = [convert_to_anthropic_tool(tool) for tool in tool_list(tools)]
        choice = to_tool_choice(tool_choice, described, parallel=parallel_tool_calls)
        if choice is not None:
            kwargs["tool_choice"] = choice
        return self.bind(tools=described, **kwargs)

    @override
    def _parameters(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        conversation = to_conversation(messages)
        return {
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

    @override
    def _send(self, client: Any, request: dict[str, Any]) -> Any:
        resource = client.beta.messages if "betas" in request else client.messages
        return resource.create(**request)

    @override
    def _read(self, reply: Any) -> ChatResult:
        return to_chat_result(reply)

    @override
    def _reader(self) -> MessageReader:
        return MessageReader()
