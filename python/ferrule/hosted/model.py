"""`HostedChatModel`: settings, life and calls of a chat model behind a provider's SDK."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self, override

from ferrule.hosted.clients import Clients
from ferrule.hosted.errors import MissingAPIKeyError
from ferrule.hosted.sdk import SDK
from ferrule.language_models import BaseChatModel

if TYPE_CHECKING:
    from ferrule.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from ferrule.messages import BaseMessage
    from ferrule.outputs import ChatGenerationChunk, ChatResult

__all__ = ["HostedChatModel", "StreamReader"]

_TRANSPORT = frozenset({"extra_headers", "extra_query", "timeout"})


class StreamReader(Protocol):
    """Turns what a stream of the SDK brings into chunks. Both colours feed the same reader."""

    def read(self, event: Any) -> ChatGenerationChunk | None:
        """Return the chunk of an event; None for one that adds nothing."""
        ...

    def finish(self) -> ChatGenerationChunk | None:
        """Return what is left to say after the last event; raise if the answer is not whole."""
        ...


class HostedChatModel(BaseChatModel):
    """The base of chat models that a provider's official SDK talks to.

    A subclass names the SDK and says what a request holds, how it is sent and how the answer is
    read: `_parameters`, `_send`, `_read` and `_reader`. The SDK retries failed requests
    (`max_retries`), and its exceptions reach the caller as they are.

    Connections are opened when first needed and closed when the model is collected, when the
    event loop that opened them shuts down, or by `close` and `aclose`.

    Raises:
        ImportError: At construction, when the SDK is not installed.
        MissingAPIKeyError: At construction, when there is no key.
    """

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    sdk: ClassVar[SDK]
    """The provider's package."""
    other_names: ClassVar[Mapping[str, str]] = {}
    """Names that mean a setting, beside its own: other name to name."""
    named_parameters: ClassVar[frozenset[str]]
    """What the `create` of every supported release of the SDK takes by name."""

    model: str
    """Name of the model; `model_name` is accepted too."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters of the provider's API, for every call."""
    streaming: bool = False
    """Stream every answer, so that handlers hear tokens of `invoke` too."""
    api_key: SecretStr | None = Field(default=None, repr=False)
    """The key; by default that of the provider's environment variable."""
    base_url: str | None = None
    """Where the service is; by default where the provider's environment variable or SDK says."""
    timeout: float | None = None
    """Seconds to wait for the service; None: the SDK's default of ten minutes."""
    max_retries: int = Field(default=2, ge=0)
    """How often the SDK repeats a request that failed for a passing reason."""
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    """Headers of every request."""

    _clients: Clients = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _translate_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {cls.other_names.get(name, name): value for name, value in values.items()}

    @model_validator(mode="after")
    def _require_sdk_and_key(self) -> Self:
        self.sdk.require(type(self).__name__)
        if not self.api_key:
            key = os.environ.get(self.sdk.key_variable)
            if not key:
                raise MissingAPIKeyError(type(self).__name__, self.sdk.key_variable)
            self.api_key = SecretStr(key)
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Prepare for the first call; nothing is opened yet."""
        super().model_post_init(context)
        self._clients = Clients(self.sdk)

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # The copy may get other settings, and each of the two can be closed alone.
        copied._clients = Clients(self.sdk)
        return copied

    @property
    def model_name(self) -> str:
        """The model's name, under its other name."""
        return self.model

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @property
    @override
    def lc_secrets(self) -> dict[str, str]:
        return {"api_key": self.sdk.key_variable}

    def close(self) -> None:
        """Close the connections of synchronous calls; a later call opens new ones."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close the connections of synchronous calls and of the running event loop."""
        await self._clients.aclose()

    # ------------------------------------------------------------ what a provider decides

    @abstractmethod
    def _parameters(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what a request holds: the settings, overridden by those of the call.

        None means not given.
        """

    @abstractmethod
    def _send(self, client: Any, request: dict[str, Any]) -> Any:
        """Send a request; with an asynchronous client, return the awaitable that sends it."""

    @abstractmethod
    def _read(self, reply: Any) -> ChatResult:
        """Convert a whole answer."""

    @abstractmethod
    def _reader(self) -> StreamReader:
        """Return a reader for one stream."""

    def _client_settings(self) -> dict[str, Any]:
        """Return the arguments of the SDK's client; None stands for its own default."""
        return {
            "api_key": self.api_key.get_secret_value() if self.api_key else None,
            "base_url": self.base_url,
            "timeout": self.timeout,
            "default_headers": self.default_headers,
            "max_retries": self.max_retries,
        }

    # ------------------------------------------------------------------------------ calls

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs, streams=False)
        return self._read(self._send(self._client(), request))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs, streams=False)
        return self._read(await self._send(await self._aclient(), request))

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs, streams=True)
        reader = self._reader()
        with self._send(self._client(), request) as events:
            for event in events:
                if (chunk := reader.read(event)) is not None:
                    yield chunk
        if (chunk := reader.finish()) is not None:
            yield chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs, streams=True)
        reader = self._reader()
        async with await self._send(await self._aclient(), request) as events:
            async for event in events:
                if (chunk := reader.read(event)) is not None:
                    yield chunk
        if (chunk := reader.finish()) is not None:
            yield chunk

    def _request(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        given: Mapping[str, Any],
        *,
        streams: bool,
    ) -> dict[str, Any]:
        """Return the arguments of the SDK's `create`.

        What it does not take by name goes in as part of the body, so that a parameter that this
        SDK does not list (yet, or any more) still reaches the service. `extra_body` has the last
        word.
        """
        wanted = _given(self._parameters(messages, stop, {**given, "stream": streams or None}))
        body = wanted.pop("extra_body", {})
        named = self.named_parameters | _TRANSPORT
        request = {name: value for name, value in wanted.items() if name in named}
        unnamed = {name: value for name, value in wanted.items() if name not in named}
        if unnamed or body:
            request["extra_body"] = {**unnamed, **body}
        return request

    def _client(self) -> Any:
        return self._clients.sync(_given(self._client_settings()))

    async def _aclient(self) -> Any:
        return await self._clients.for_running_loop(_given(self._client_settings()))


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}
