"""`BasePromptTemplate`: what all prompt templates share.

A template turns named values into a prompt value, in a run of type "prompt". How the names are
marked in text is the business of `template`; this module owns the variables, the partials and the
run.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self, override

from ferrule._core import MethodDrive
from ferrule._lazy import attach, later
from ferrule.load.old_names import DictIsAsdict
from ferrule.prompt_values import PromptValue, StringPromptValue
from ferrule.prompts.described import Described
from ferrule.runnables.config import merge_configs
from ferrule.runnables.serializable import RunnableSerializable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from ferrule.prompts.document import (
        aformat_document,
        format_document,
    )
    from ferrule.runnables.config import RunnableConfig
else:
    _, __getattr__, __dir__ = attach(
        __name__, {"ferrule.prompts.document": "aformat_document format_document"}
    )

__all__ = ["BasePromptTemplate", "aformat_document", "format_document"]

FormatOutputType = TypeVar("FormatOutputType")

# Loaded when somebody asks for a schema.
_later = later(
    __name__,
    {
        "ferrule.prompt_values": "ChatPromptValueConcrete",
        "ferrule.runnables.inference": "object_model",
    },
)


class BasePromptTemplate(
    MethodDrive,
    DictIsAsdict,
    Described,
    RunnableSerializable[dict[str, Any], PromptValue],
    ABC,
    Generic[FormatOutputType],
):
    """Base of the templates that turn named values into a prompt.

    `invoke` takes a mapping of the variables, or, when there is one variable only, its bare value.
    Values that the template does not use are ignored. `ainvoke` does the same; partials and
    formatting run on the event loop, since they do not block.

    A subclass defines `format` and `format_prompt`.
    """

    input_variables: list[str] = Field(default_factory=list)
    """Names of the variables that a caller must give."""

    optional_variables: list[str] = Field(default=[])
    """Names of the variables that a caller may leave out; found by the template itself."""

    input_types: dict[str, Any] = Field(default_factory=dict, exclude=True)
    """Types of variables, for the input schema; where none is given, it is a `str`."""

    output_parser: Any = None
    """What parses the answer to this prompt; the template carries it along and does not call it."""

    partial_variables: Mapping[str, Any] = Field(default_factory=dict)
    """Values that are already given; a callable is called without arguments at each use."""

    metadata: dict[str, Any] | None = None
    """Metadata of this template's runs."""

    tags: list[str] | None = None
    """Tags of this template's runs."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    _type_of_run: ClassVar[str] = "prompt"

    if not TYPE_CHECKING:
        # Pydantic copies a model through `cls.__new__`, which would be found on the core's class
        # and does not allocate the memory of a model.
        __new__ = object.__new__

    @model_validator(mode="after")
    def _check_variable_names(self) -> Self:
        if "stop" in self.input_variables or "stop" in self.partial_variables:
            msg = (
                "A prompt variable cannot be called 'stop', which is the name of an argument of "
                "models: rename the variable."
            )
            raise ValueError(msg)
        both = sorted(set(self.input_variables) & set(self.partial_variables))
        if both:
            msg = (
                f"The variables {both} are given as partial variables and also listed in "
                "input_variables: list each variable once."
            )
            raise ValueError(msg)
        return self

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "prompt_template"]

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @override
    def _told_arguments(self) -> Iterator[tuple[str, Any]]:
        # Readers of descriptions expect the variables, also when there are none.
        told = dict(super()._told_arguments())
        told.setdefault("input_variables", self.input_variables)
        yield from told.items()

    @property
    @override
    def InputType(self) -> Any:
        return dict[str, Any]

    @property
    @override
    def OutputType(self) -> Any:
        return StringPromptValue | _later("ChatPromptValueConcrete")

    @override
    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        types = {**self._known_types(), **self.input_types}
        fields: dict[str, Any] = {
            name: (types.get(name, str), ...) for name in self.input_variables
        }
        for name in self.optional_variables:
            fields[name] = (types.get(name, str), None)
        schema: type[BaseModel] = _later("object_model")("PromptInput", fields)
        return schema

    def _known_types(self) -> dict[str, Any]:
        """Return the types of the variables of which the template itself knows one."""
        return {}

    if TYPE_CHECKING:

        @override
        def invoke(
            self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
        ) -> PromptValue:
            """Fill the template, in a run of type "prompt".

            Args:
                input: A mapping of the variables, or the value of the only variable.
                config: Config of the run; the template's own tags and metadata are added to it.
                **kwargs: Ignored.

            Raises:
                KeyError: If variables are missing.
                TypeError: If the input is no mapping although there is not exactly one variable.
            """
            raise NotImplementedError

    @override
    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> PromptValue:
        """Fill the template as `invoke` does, awaiting what is asynchronous in it."""
        if self.tags or self.metadata:
            config = self._labelled(config)
        return await self._acall_with_config(
            self._abody_of_run,
            input,
            config,
            run_type=self._type_of_run,
            serialized=self._serialized,
        )

    def _labelled(self, config: RunnableConfig | None) -> RunnableConfig:
        own: RunnableConfig = {"tags": self.tags or [], "metadata": self.metadata or {}}
        merged: RunnableConfig = merge_configs(config, own)
        return merged

    def _body_of_run(self, given: Any) -> PromptValue:
        if type(given) is dict and all(map(given.__contains__, self.input_variables)):
            return self._prompt_value(given)
        return self._prompt_value(self._values_of(given))

    async def _abody_of_run(self, given: Any) -> PromptValue:
        return await self.aformat_prompt(**self._values_of(given))

    def _values_of(self, given: Any) -> Mapping[str, Any]:
        """Return the variables that an input gives, after checking that none is missing."""
        names = self.input_variables
        if not isinstance(given, (dict, Mapping)):
            if len(names) != 1:
                msg = (
                    f"{self.get_name()} takes a mapping of the variables {names}, "
                    f"not {type(given).__name__}: {given!r}."
                )
                raise TypeError(msg)
            return {names[0]: given}
        for name in names:
            if name not in given:
                raise KeyError(self._missing_message(names, given))
        return given

    def _missing_message(self, needed: Sequence[str], given: Mapping[str, Any]) -> str:
        missing = [name for name in needed if name not in given]
        message = (
            f"{self.get_name()} is missing the variables {missing}. It needs {list(needed)} and "
            f"was given {list(given)}."
        )
        example = next(filter(self._has_field, missing), None)
        if example is None:
            return message
        return (
            f"{message} If {{{example}}} is meant as text, write it with doubled braces: "
            f"{{{{{example}}}}}."
        )

    def _has_field(self, name: str) -> bool:  # noqa: ARG002  for subclasses
        """Tell whether the variable is one because an f-string has its name in braces."""
        template_format: str = getattr(self, "template_format", "f-string")
        return template_format == "f-string"

    def _prompt_value(self, values: Mapping[str, Any]) -> PromptValue:
        return self.format_prompt(**values)

    @abstractmethod
    def format_prompt(self, **kwargs: Any) -> PromptValue:
        """Fill the template and return what models take."""

    async def aformat_prompt(self, **kwargs: Any) -> PromptValue:
        """Fill the template and return what models take; by default as `format_prompt` does."""
        return self.format_prompt(**kwargs)

    @abstractmethod
    def format(self, **kwargs: Any) -> FormatOutputType:
        """Fill the template and return the result itself, outside of any run."""

    async def aformat(self, **kwargs: Any) -> FormatOutputType:
        """Fill the template as `format` does."""
        return self.format(**kwargs)

    def partial(self, **kwargs: str | Callable[[], str] | Any) -> Self:
        """Return a copy in which some variables are already given.

        A callable is called at each use. Variables given later override partial ones.

        Example:
            >>> from ferrule.prompts import PromptTemplate
            >>> PromptTemplate.from_template("{a}{b}").partial(a="x").format(b="y")
            'xy'
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields["input_variables"] = [n for n in self.input_variables if n not in kwargs]
        fields["partial_variables"] = {**self.partial_variables, **kwargs}
        return type(self)(**fields)

    def _merge_partial_and_user_variables(self, **kwargs: Any) -> dict[str, Any]:
        if not self.partial_variables:
            return kwargs
        values = {
            name: value() if callable(value) else value
            for name, value in self.partial_variables.items()
            if name not in kwargs
        }
        values.update(kwargs)
        return values

    @property
    def _prompt_type(self) -> str:
        msg = f"{type(self).__name__} has no `_prompt_type`; define it to name it in `asdict()`."
        raise NotImplementedError(msg)

    def asdict(self, **kwargs: Any) -> dict[str, Any]:
        """Return the fields of the template, with its kind under `_type` if it has one."""
        fields = self.model_dump(**kwargs)
        with contextlib.suppress(NotImplementedError):
            fields["_type"] = self._prompt_type
        return fields
