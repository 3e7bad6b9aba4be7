"""`DictPromptTemplate`: a content block, or any dictionary, with variables in its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator
from typing_extensions import Self, override

from ferrule.prompts.described import Described
from ferrule.prompts.template import compile_template, get_template_variables
from ferrule.runnables.serializable import RunnableSerializable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ferrule.runnables.config import RunnableConfig

__all__ = ["DictPromptTemplate"]


class DictPromptTemplate(Described, RunnableSerializable[dict[str, Any], dict[str, Any]]):
    """A dictionary whose text values are templates, at any depth; keys and other values stay.

    Example:
        >>> block = DictPromptTemplate(
        ...     template={"type": "text", "text": "Hi {name}", "labels": ["{name}", 1]},
        ...     template_format="f-string",
        ... )
        >>> block.format(name="Ada")
        {'type': 'text', 'text': 'Hi Ada', 'labels': ['Ada', 1]}
    """

    template: dict[str, Any]
    """The dictionary."""

    template_format: Literal["f-string", "mustache"]
    """How its texts mark their variables."""

    if not TYPE_CHECKING:
        __new__ = object.__new__  # as in `BasePromptTemplate`: for copies

    @model_validator(mode="after")
    def _check_templates(self) -> Self:
        _ = self.input_variables
        return self

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain_core", "prompts", "dict"]

    @property
    def input_variables(self) -> list[str]:
        """Names of the variables, sorted."""
        names: set[str] = set()
        for text in _texts(self.template):
            names.update(get_template_variables(text, self.template_format))
        return sorted(names)

    @property
    def _prompt_type(self) -> str:
        return "dict-prompt"

    def format(self, **kwargs: Any) -> dict[str, Any]:
        """Return a filled copy of the dictionary.

        Raises:
            KeyError: If a variable is missing.
        """
        missing = [name for name in self.input_variables if name not in kwargs]
        if missing:
            msg = f"{self.get_name()} is missing the variables {missing}; given: {list(kwargs)}."
            raise KeyError(msg)
        filled: dict[str, Any] = _map_texts(
            self.template, lambda text: compile_template(text, self.template_format).render(kwargs)
        )
        return filled

    async def aformat(self, **kwargs: Any) -> dict[str, Any]:
        """Return a filled copy of the dictionary as `format` does."""
        return self.format(**kwargs)

    @override
    def invoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return a filled copy of the dictionary, in a run of type "prompt"."""
        return self._call_with_config(
            lambda values: self.format(**values),
            input,
            config,
            run_type="prompt",
            serialized=self._serialized,
        )

    def pretty_repr(self, *, html: bool = False) -> str:  # noqa: ARG002  nothing to colour
        """Return the dictionary, for people to read."""
        return repr(self.template)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_map_texts(item, change) for item in value)
    return value
