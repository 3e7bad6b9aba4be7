"""`ChatOpenAI`: its settings, and the request they make."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PositiveInt, model_validator
from typing_extensions import Self, override

from ferrule.function_calling import convert_to_openai_tool
from ferrule.hosted import SDK, HostedChatModel, tool_list
from ferrule.language_models.structured_output import parse_with, structured_output
from ferrule.openai.conversation import to_conversation
from ferrule.openai.response import add_counts, to_chat_result
from ferrule.openai.stream import CompletionReader
from ferrule.openai.structured import parser_of, to_response_format
from ferrule.openai.tool_choice import to_tool_choice

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ferrule.language_models import LanguageModelInput
    from ferrule.messages import AIMessage, BaseMessage
    from ferrule.outputs import ChatResult
    from ferrule.runnables import Runnable
    from ferrule.tools import BaseTool

__all__ = ["ChatOpenAI"]

# Settings that are parameters of the API under the same name.
_PARAMETERS = (
    "temperature",
    "top_p",
    "n",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "verbosity",
    "service_tier",
    "store",
)
_METHODS = frozenset({"function_calling", "json_mode", "json_schema"})


class ChatOpenAI(HostedChatModel):
    """A model of OpenAI, or of any service that speaks Chat Completions.

    Answers come through the official SDK, which also retries failed requests (`max_retries`).
    Its exceptions reach the caller as they are. `response_metadata` holds id, model, fingerprint,
    finish reason, log probabilities if asked for, and token counts as the service reported them
    (`token_usage`); `usage_metadata` has the counts in the form that all models share.

    Keyword arguments of a call (`invoke`, `stream`, `bind`, ...) are parameters of the API for
    that call and win over the settings; `timeout`, `extra_headers` and `extra_query` go to the
    transport. The key comes from `api_key` or the environment variable OPENAI_API_KEY, the
    address from `base_url`, OPENAI_API_BASE or OPENAI_BASE_URL, else it is the public one.

    Connections are opened when first needed and closed when the model is collected, when the
    event loop that opened them shuts down, or by `close` and `aclose`.

    Raises:
        ImportError: At construction, when the `openai` package is not installed.
        MissingAPIKeyError: At construction, when there is no key.

    Example:
        >>> model = ChatOpenAI(model="gpt-4o-mini", api_key="...", temperature=0)
        >>> model.model, model.temperature
        ('gpt-4o-mini', 0.0)
    """

    sdk: ClassVar[SDK] = SDK(package="openai", client="OpenAI", key_variable="OPENAI_API_KEY")
    other_names: ClassVar[Mapping[str, str]] = {
        "max_completion_tokens": "max_tokens",
        "model_name": "model",
        "openai_api_base": "base_url",
        "openai_api_key": "api_key",
        "openai_organization": "organization",
        "request_timeout": "timeout",
        "stop_sequences": "stop",
    }
    named_parameters: ClassVar[frozenset[str]] = frozenset(
        {
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "max_completion_tokens",
            "messages",
            "model",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "response_format",
            "seed",
            "service_tier",
            "stop",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "user",
        }
    )

    model: str = "gpt-3.5-turbo"
    """Name of the model; `model_name` is accepted too."""
    max_tokens: PositiveInt | None = None
    """Most tokens of an answer, reasoning included; None: the service's limit."""
    temperature: float | None = None
    """Randomness, from 0 to 2; None: the service's default."""
    top_p: float | None = None
    """Sample from the most likely tokens that make up this probability."""
    n: PositiveInt | None = None
    """How many answers to make; `generate` returns all of them. Streams have one."""
    seed: int | None = None
    """Sample the same way for the same seed, as far as the service can."""
    frequency_penalty: float | None = None
    """How much to avoid tokens by how often they were used, from -2 to 2."""
    presence_penalty: float | None = None
    """How much to avoid tokens that were used at all, from -2 to 2."""
    logit_bias: dict[int, float] | None = None
    """How much more likely to make tokens, by their ids, from -100 to 100."""
    logprobs: bool | None = None
    """Whether `response_metadata` tells the log probability of each token."""
    top_logprobs: int | None = None
    """How many of the likeliest tokens to tell beside each, with `logprobs`."""
    reasoning_effort: str | None = None
    """How long to reason, for models that do: `minimal`, `low`, `medium`, `high`, ..."""
    verbosity: str | None = None
    """How long answers are: `low`, `medium` or `high`."""
    service_tier: str | None = None
    """Which class of service to use."""
    store: bool | None = None
    """Whether the service keeps the answers for evaluation."""
    stop: list[str] | str | None = None
    """Texts that end an answer, unless the call passes its own; also `stop_sequences`."""
    extra_body: dict[str, Any] | None = None
    """What to put into every request as it is, for services with parameters of their own."""
    stream_usage: bool = True
    """Ask for token counts at the end of streams; False for services that refuse to be asked."""
    disabled_params: dict[str, list[Any] | None] | None = None
    """Parameters never to send: always (None), or when their value is in the list."""
    organization: str | None = None
    """Whom to bill; by default OPENAI_ORG_ID."""
    default_query: dict[str, Any] | None = Field(default=None, repr=False)
    """Query parameters of every request."""

    @model_validator(mode="after")
    def _read_environment(self) -> Self:
        # Variables that the SDK does not know, or not any more. Without the first one, requests
        # that are meant for a service of one's own would go to the public one.
        self.base_url = self.base_url or os.environ.get("OPENAI_API_BASE")
        self.organization = self.organization or os.environ.get("OPENAI_ORGANIZATION")
        return self

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "chat_models", "openai"]

    @property
    @override
    def _llm_type(self) -> str:
        return "openai-chat"

    @property
    @override
    def _identifying_params(self) -> Mapping[str, Any]:
        own = {
            **{name: getattr(self, name) for name in _PARAMETERS},
            "max_tokens": self.max_tokens,
            "stop": self.stop,
            "extra_body": self.extra_body,
        }
        given = {name: value for name, value in own.items() if value is not None}
        return {"model": self.model, "model_name": self.model, **given, **self.model_kwargs}

    @override
    def bind_tools(
        self,
        tools: Sequence[Mapping[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Mapping[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Mapping[str, Any] | type | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call.

        Args:
            tools: Functions, pydantic models, TypedDicts, tools, or dictionaries in the API's or
                Anthropic's form.
            tool_choice: The name of a tool, `auto`, `any` (or True), `none`, or a dictionary.
            strict: Whether arguments keep exactly to the schemas; always with `response_format`,
                unless False.
            parallel_tool_calls: Whether one answer may call several tools.
            response_format: The form of answers that call no tool: a schema as for
                `with_structured_output`.
            **kwargs: Further parameters of the API.

        Raises:
            TypeError: If `tools` is no list, or `tool_choice` no choice.
            ValueError: If something is no tool, or `tool_choice` names no tool.

        Example:
            >>> def add(a: int, b: int) -> int:
            ...     "Add two numbers."
            ...     return a + b
            >>> model = ChatOpenAI(model="gpt-4o-mini", api_key="...")
            >>> model.bind_tools([add], tool_choice="add").kwargs["tool_choice"]
            {'type': 'function', 'function': {'name': 'add'}}
        """
        if response_format is not None:
            # The API takes the two together only so.
            strict = strict is not False
            kwargs["response_format"] = to_response_format(response_format, strict=strict)
        described = [convert_to_openai_tool(tool, strict=strict) for tool in tool_list(tools)]
        choice = to_tool_choice(tool_choice, described)
        if choice is not None:
            kwargs["tool_choice"] = choice
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(tools=described, **kwargs)

    @override
    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Mapping[str, Any] | type | Callable[..., Any] | BaseTool] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Return a runnable whose output has the form of `schema`.

        It raises `RefusalError` when the model declines to answer, and `OutputParserException`
        when the answer has another form.

        Args:
            schema: A pydantic class (the output is an instance of it), a `TypedDict` class, a
                JSON schema with a title or a dictionary in the API's form (the output is a dict).
                May be left out with `json_mode`.
            method: `json_schema`: the service keeps to the schema. `function_calling`: a tool
                whose arguments have the form. `json_mode`: any JSON; the prompt says which.
            include_raw: Give a dict of the message (`raw`), the output (`parsed`, None when it
                does not fit) and the exception that says why (`parsing_error`), instead of
                raising it.
            strict: Whether the service guarantees the form; by default for pydantic classes with
                `json_schema`.
            tools: Tools that the model may call instead of answering, with `json_schema`; the
                output is None then.
            **kwargs: Further parameters of the API.

        Raises:
            ValueError: If the method is unknown or lacks a schema, or the schema is none.

        Example:
            >>> model = ChatOpenAI(model="gpt-4o-mini", api_key="...")
            >>> schema = {"title": "Sum", "type": "object", "properties": {"total": {}}}
            >>> bound = model.with_structured_output(schema).first
            >>> bound.kwargs["response_format"]["json_schema"]["name"]
            'Sum'
        """
        if method not in _METHODS:
            msg = f"Unknown method {method!r}: use one of {', '.join(sorted(_METHODS))}."
            raise ValueError(msg)
        if tools and method != "json_schema":
            msg = f"with_structured_output takes tools with 'json_schema' only, not {method!r}."
            raise ValueError(msg)
        about = {"method": method} if strict is None else {"method": method, "strict": strict}
        kwargs["ls_structured_output_format"] = {"kwargs": about, "schema": schema}
        if method == "json_mode":
            kwargs["response_format"] = {"type": "json_object"}
        elif schema is None:
            msg = f"with_structured_output needs a schema for the method {method!r}."
            raise ValueError(msg)
        elif method == "function_calling":
            kwargs = {"strict": strict, "parallel_tool_calls": False, **kwargs}
            return structured_output(self.bind_tools, schema, include_raw=include_raw, **kwargs)
        else:
            kwargs["response_format"] = to_response_format(schema, strict=strict)
        if tools:
            kwargs["tools"] = [convert_to_openai_tool(tool, strict=strict) for tool in tools]
        return parse_with(parser_of(schema), self.bind(**kwargs), include_raw=include_raw)

    @override
    def _parameters(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "model": self.model,
            **{name: getattr(self, name) for name in _PARAMETERS},
            "max_tokens": self.max_tokens,
            "stop": self.stop if stop is None else stop,
            "stream_usage": self.stream_usage,
            **self.model_kwargs,
            **given,
            "extra_body": {**(self.extra_body or {}), **given.get("extra_body", {})},
            "messages": to_conversation(messages),
        }
        if "max_tokens" in wanted:
            # The present name of the parameter; reasoning models refuse the former one.
            wanted.setdefault("max_completion_tokens", wanted.pop("max_tokens"))
        counted = wanted.pop("stream_usage")
        if wanted.get("stream"):
            _refuse_several(wanted["n"])
            if counted:
                wanted.setdefault("stream_options", {"include_usage": True})
        if isinstance(wanted.get("response_format"), type):
            wanted["response_format"] = to_response_format(wanted["response_format"])
        return {name: v for name, v in wanted.items() if not self._is_disabled(name, v)}

    def _is_disabled(self, name: str, value: Any) -> bool:
        disabled = self.disabled_params or {}
        if name not in disabled:
            return False
        values = disabled[name]
        return values is None or value in values

    @override
    def _client_settings(self) -> dict[str, Any]:
        return {
            **super()._client_settings(),
            "organization": self.organization,
            "default_query": self.default_query,
        }

    @override
    def _send(self, client: Any, request: dict[str, Any]) -> Any:
        return client.chat.completions.create(**request)

    @override
    def _read(self, reply: Any) -> ChatResult:
        return to_chat_result(reply)

    @override
    def _reader(self) -> CompletionReader:
        return CompletionReader()

    @override
    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        counts = [output.get("token_usage", {}) for output in llm_outputs if output]
        return {"token_usage": add_counts(counts), "model_name": self.model}


def _refuse_several(n: int | None) -> None:
    if n is not None and n > 1:
        msg = f"A stream has one answer, but n={n} were asked for: leave n out, or use invoke."
        raise ValueError(msg)
