"""What chat models and text models share: input, settings, the plan of a run, token counts."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar, cast

from pydantic import ConfigDict, Field, field_validator
from typing_extensions import TypedDict

from ferrule._core import RunPlan, merge_configs, parameters_of_call
from ferrule._lazy import later
from ferrule.caches import BaseCache
from ferrule.callbacks.base import BaseCallbackManager, Callbacks
from ferrule.globals import get_verbose
from ferrule.load.old_names import DictIsAsdict
from ferrule.messages import (
    AIMessage,
    BaseMessage,
    MessageLikeRepresentation,
)
from ferrule.messages.listed import check_listed
from ferrule.prompt_values import ChatPromptValue, PromptValue, StringPromptValue
from ferrule.runnables import Runnable, RunnableSerializable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pydantic import BaseModel

    from ferrule.outputs import LLMResult
    from ferrule.runnables import RunnableConfig

__all__ = [
    "BaseLanguageModel",
    "LangSmithParams",
    "LanguageModelInput",
    "LanguageModelLike",
    "LanguageModelOutput",
    "LanguageModelOutputVar",
]

LanguageModelInput: TypeAlias = PromptValue | str | Sequence[MessageLikeRepresentation]
"""What a language model takes: a prompt value, a text, or messages in any accepted form."""
LanguageModelOutput: TypeAlias = BaseMessage | str
"""What a language model gives: a chat model a message, a text model a text."""
ModelKind: TypeAlias = Literal["chat_model", "llm"]

LanguageModelLike: TypeAlias = Runnable[LanguageModelInput, LanguageModelOutput]
"""Anything that can stand where a language model stands."""
LanguageModelOutputVar = TypeVar("LanguageModelOutputVar", AIMessage, str)

_BYTES_PER_TOKEN = 4

# Not `metadata`, which providers have a parameter of that name for.
_SETTINGS_OF_RUNS = ("callbacks", "run_id", "run_name", "tags")

# Loaded with the first input, token count or schema that needs them: together they take longer
# than the models themselves.
_later = later(
    __name__,
    {
        "ferrule.function_calling": "convert_to_openai_tool",
        "ferrule.messages": "AnyMessage convert_to_messages get_buffer_string",
        "ferrule.prompt_values": "ChatPromptValueConcrete",
    },
)


class LangSmithParams(TypedDict, total=False):
    """What the metadata of a model's run tells about the model."""

    ls_provider: str
    """Who runs the model."""
    ls_model_name: str
    """Name of the model at its provider."""
    ls_model_type: Literal["chat", "llm"]
    """Whether the model takes messages or text."""
    ls_temperature: float | None
    """Sampling temperature."""
    ls_max_tokens: int | None
    """Most tokens that the model may generate."""
    ls_stop: list[str] | None
    """Texts at which the model stops."""
    ls_integration: str
    """The package that integrates the model."""


# Metadata key, the attribute of a model or argument of a call that holds the value, and its type.
_Setting: TypeAlias = tuple[str, str, type | tuple[type, ...]]
_SETTINGS: tuple[_Setting, ...] = (
    ("ls_model_name", "model", str),
    ("ls_model_name", "model_name", str),
    ("ls_temperature", "temperature", (int, float)),
    ("ls_max_tokens", "max_tokens", int),
)


class BaseLanguageModel(
    DictIsAsdict, RunnableSerializable[LanguageModelInput, LanguageModelOutputVar], ABC
):
    """The base of chat models and text models.

    `callbacks`, `tags` and `metadata` given to the constructor belong to this model's own runs;
    what a model runs inside of them does not inherit these. To reach nested runs too, pass them
    in the config of the call or bind them with `with_config`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    cache: BaseCache | bool | None = Field(default=None, exclude=True)
    """Where responses are kept: this cache; True: the global one, which must be set; None: the
    global one if there is one; False: nowhere. Streams are neither kept nor answered from it."""
    verbose: bool = Field(default_factory=get_verbose, exclude=True, repr=False)
    """Print the texts that this model's runs report; None takes the global setting."""
    callbacks: Callbacks = Field(default=None, exclude=True)
    """Handlers of this model's own runs."""
    tags: list[str] | None = Field(default=None, exclude=True)
    """Tags of this model's own runs."""
    metadata: dict[str, Any] | None = Field(default=None, exclude=True)
    """Metadata of this model's own runs."""
    custom_get_token_ids: Callable[[str], list[int]] | None = Field(default=None, exclude=True)
    """The tokenizer that `get_token_ids` and the token counts use."""

    _run_kind: ClassVar[ModelKind]
    _has_own_generate: ClassVar[bool] = False
    """Whether the class brings its own `generate` or `generate_prompt`, for calls to go through."""
    _has_own_agenerate: ClassVar[bool] = False
    """The same of the async methods."""
    _settings_told: ClassVar[tuple[_Setting, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        # Asking a pydantic model for an attribute that it lacks takes a microsecond: ask once.
        has_extra = cls.model_config.get("extra") == "allow"
        cls._settings_told = tuple(
            setting
            for setting in _SETTINGS
            if has_extra or setting[1] in cls.model_fields or hasattr(cls, setting[1])
        )
        cls._has_own_generate = not cls._leaves("generate", "generate_prompt")
        cls._has_own_agenerate = not cls._leaves("agenerate", "agenerate_prompt")

    @classmethod
    def _leaves(cls, *methods: str) -> bool:
        """Whether the class leaves all these methods to ferrule's classes."""
        package = "ferrule.language_models."
        # Where they were defined: wrappers and mocks take `__module__` from what they stand for.
        places = (getattr(getattr(cls, method), "__globals__", {}) for method in methods)
        return all(place.get("__name__", "").startswith(package) for place in places)

    @field_validator("verbose", mode="before")
    @classmethod
    def _fill_verbose(cls, verbose: bool | None) -> bool:
        return get_verbose() if verbose is None else verbose

    @field_validator("callbacks", mode="plain")
    @classmethod
    def _check_callbacks(cls, callbacks: Any) -> Callbacks:
        # As everywhere else: pydantic would ask for a base class, and not say what to do.
        checked = merge_configs({"callbacks": callbacks}).get("callbacks")
        return callbacks if isinstance(callbacks, BaseCallbackManager) else checked

    @property
    def InputType(self) -> Any:  # noqa: N802  the compatible name
        """The type of the input, as schemas show it."""
        any_message, concrete = _later("AnyMessage"), _later("ChatPromptValueConcrete")
        return str | StringPromptValue | concrete | list[any_message]  # type: ignore[valid-type]

    # ------------------------------------------------------------------ what a model does

    @abstractmethod
    def generate(self, *args: Any, **kwargs: Any) -> LLMResult:
        """Answer several prompts, each in a run of its own, and return all candidates."""

    @abstractmethod
    async def agenerate(self, *args: Any, **kwargs: Any) -> LLMResult:
        """Do what `generate` does, without blocking the event loop."""

    def generate_prompt(
        self,
        prompts: list[PromptValue],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer several prompt values as `generate` does.

        Use it for what `invoke` does not return: further candidates and the provider's output.
        """
        payloads = self._payloads(prompts)
        return self.generate(payloads, stop=stop, callbacks=callbacks, **kwargs)

    async def agenerate_prompt(
        self,
        prompts: list[PromptValue],
        stop: list[str] | None = None,
        callbacks: Callbacks | list[Callbacks] | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Do what `generate_prompt` does, without blocking the event loop."""
        payloads = self._payloads(prompts)
        return await self.agenerate(payloads, stop=stop, callbacks=callbacks, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Return a runnable whose output has the form of `schema`.

        Raises:
            NotImplementedError: Unless the class of the model defines it.
        """
        msg = f"{type(self).__name__} has no structured output."
        raise NotImplementedError(msg)

    @property
    @abstractmethod
    def _llm_type(self) -> str:
        """Name of the kind of model, in parameters that handlers are told."""

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        """What tells this model from another of its class: told to handlers, part of cache keys."""
        return self.lc_attributes

    def asdict(self) -> dict[str, Any]:
        """Return the identifying parameters and, as `_type`, the kind of model."""
        return {**self._identifying_params, "_type": self._llm_type}

    # ----------------------------------------------------------------- input and its run

    def _convert_input(self, model_input: LanguageModelInput) -> PromptValue:
        if isinstance(model_input, PromptValue):
            return model_input
        if isinstance(model_input, str):
            return StringPromptValue._trusted(text=model_input)
        given: Any = model_input
        if isinstance(given, Sequence) and not isinstance(given, bytes):
            return ChatPromptValue._trusted(messages=_later("convert_to_messages")(given))
        msg = (
            f"A language model takes a prompt value, a string or a list of messages, "
            f"not {type(given).__name__}: {given!r}."
        )
        raise ValueError(msg)

    @abstractmethod
    def _payload(self, prompt: PromptValue) -> Any:
        """Return the prompt as the model takes it and its handlers are told it."""

    def _payloads(self, prompts: Sequence[Any]) -> list[Any]:
        check_listed(prompts, "prompt values", "prompts")
        for prompt in prompts:
            if not isinstance(prompt, PromptValue):
                msg = (
                    "generate_prompt takes a list of prompt values; one of them is of type "
                    f"{type(prompt).__name__}: {prompt!r}. Use invoke or batch for other inputs."
                )
                raise TypeError(msg)
        return [self._payload(prompt) for prompt in prompts]

    def _whole(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None,
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> Iterator[Any]:
        """The stream of a model that cannot stream: one chunk, from `invoke`."""
        yield self.invoke(input, config, stop=stop, **kwargs)

    async def _awhole(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None,
        stop: list[str] | None,
        kwargs: dict[str, Any],
    ) -> AsyncIterator[Any]:
        yield await self.ainvoke(input, config, stop=stop, **kwargs)

    def _get_invocation_params(
        self, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """All parameters of a call, as handlers are told them."""
        return {**self.asdict(), "stop": stop, **kwargs}

    def _provider(self) -> str:
        """Who runs the model, as far as the name of the class tells."""
        return type(self).__name__.lower()

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        """What the metadata of a run tells about the model and the call's settings."""
        told: dict[str, Any] = {
            "ls_provider": self._provider(),
            "ls_model_type": "chat" if self._run_kind == "chat_model" else "llm",
        }
        if stop:
            told["ls_stop"] = stop
        for key, name, kind in self._settings_told:
            if isinstance(value := getattr(self, name, None), kind):
                told.setdefault(key, value)
        for key, name, kind in _SETTINGS if kwargs else ():
            if isinstance(value := kwargs.get(name), kind):
                told[key] = value
        return cast("LangSmithParams", told)

    def _get_ls_params_with_defaults(
        self, stop: list[str] | None = None, **kwargs: Any
    ) -> LangSmithParams:
        return self._get_ls_params(stop=stop, **kwargs)

    def _metadata_of_call(self, stop: list[str] | None, kwargs: dict[str, Any]) -> LangSmithParams:
        """What a run of this call and the runs below it have as metadata."""
        return self._get_ls_params_with_defaults(stop=stop, **kwargs)

    def _parameters_of_call(
        self,
        stop: list[str] | None,
        kwargs: dict[str, Any],
        options: dict[str, Any],
        count: int = 1,
    ) -> dict[str, Any]:
        """What the start of each of `count` runs tells besides its prompt."""
        params = self._get_invocation_params(stop=stop, **kwargs)
        return parameters_of_call(params, stop, options, count)

    @staticmethod
    def _check_stop(stop: Any) -> None:
        """Refuse what is no list of strings, before a run starts."""
        if stop is None:
            return
        if not isinstance(stop, (list, tuple)) or not all(isinstance(text, str) for text in stop):
            msg = (
                f"stop is a list of strings, got {stop!r} ({type(stop).__name__}); "
                "put a single string into a list."
            )
            raise TypeError(msg)

    @staticmethod
    def _check_arguments(kwargs: Mapping[str, Any]) -> None:
        """Refuse settings of the run among what is for the provider, where nobody would hear."""
        for name in _SETTINGS_OF_RUNS:
            if (given := kwargs.get(name)) is not None:
                msg = (
                    f"{name}={given!r} is a setting of the run, not an argument for the model: "
                    f"pass it in the config, as in config={{{name!r}: ...}}."
                )
                raise TypeError(msg)

    def _plan_runs(
        self,
        payloads: Sequence[Any],
        configs: Sequence[RunnableConfig | None],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        *,
        options: dict[str, Any] | None = None,
        error_extra: Callable[..., dict[str, Any]],
    ) -> list[RunPlan]:
        """One run per payload, ready to be driven; they know of each other by `batch_size`."""
        self._check_stop(stop)
        told = self._parameters_of_call(stop, kwargs, options or {}, len(payloads))
        about_model = self._metadata_of_call(stop, kwargs)
        return [
            RunPlan(
                self._run_kind,
                self,
                config,
                payload=[payload],
                extra=told,
                error_extra=error_extra,
                verbose=self.verbose,
                local_callbacks=self.callbacks,
                local_tags=self.tags,
                local_metadata=self.metadata,
                inherit_metadata=about_model,
            )
            for payload, config in zip(payloads, configs, strict=True)
        ]

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of the tokens of `text`, from the model's tokenizer.

        Raises:
            NotImplementedError: If the model has no `custom_get_token_ids` and its class does not
                override this method: ids cannot be estimated.
        """
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        msg = (
            f"{type(self).__name__} has no tokenizer: pass custom_get_token_ids=, "
            "a function from a text to its token ids."
        )
        raise NotImplementedError(msg)

    def get_num_tokens(self, text: str) -> int:
        """Return how many tokens `text` has: exact with a tokenizer, else an estimate.

        Without `custom_get_token_ids` (or an override of `get_token_ids`) the estimate is one
        token per four bytes of UTF-8, rounded up. It errs by some 20 % on English prose, more on
        code and other languages: budget with a margin, or give the model its tokenizer.

        Example:
            >>> from ferrule.language_models import FakeListLLM
            >>> FakeListLLM(responses=[]).get_num_tokens("How many tokens?")
            4
        """
        has_tokenizer = (
            self.custom_get_token_ids is not None
            or type(self).get_token_ids is not BaseLanguageModel.get_token_ids
        )
        if has_tokenizer:
            return len(self.get_token_ids(text))
        given: Any = text
        if not isinstance(given, str):
            msg = f"Tokens are counted of a text, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Return how many tokens the messages have, each with its role, as `get_num_tokens` counts.

        Args:
            messages: The messages.
            tools: Tools whose schemas are sent along; they are counted as JSON text.
        """
        check_listed(messages, "messages")
        texts = [_later("get_buffer_string")([message]) for message in messages]
        texts += [json.dumps(_later("convert_to_openai_tool")(tool)) for tool in tools or ()]
        return sum(map(self.get_num_tokens, texts))
