"""`StructuredPrompt`: a chat prompt that brings the schema of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from typing_extensions import override

from ferrule.prompts.chat import ChatPromptTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ferrule.prompts.message_like import MessageLikeRepresentation
    from ferrule.prompts.template import PromptTemplateFormat
    from ferrule.runnables.sequence import RunnableSequence

__all__ = ["StructuredPrompt"]


class StructuredPrompt(ChatPromptTemplate):
    """A chat prompt whose answer has a schema: `prompt | model` asks the model for that schema.

    Args:
        messages: What stands for the messages.
        schema_: JSON schema, TypedDict or pydantic class of the answer; also taken as `schema`.
        structured_output_kwargs: Arguments for the model's `with_structured_output`.
        template_format: How templates given as text mark their variables.
        **kwargs: Further fields; what is no field is added to `structured_output_kwargs`.

    Raises:
        ValueError: If there is no schema.

    Example:
        >>> prompt = StructuredPrompt(["{x}"], {"title": "Answer", "type": "object"})
        >>> prompt.schema_["title"]
        'Answer'
    """

    schema_: dict[str, Any] | type
    """Schema of the answer."""

    structured_output_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Arguments for the model's `with_structured_output`."""

    def __init__(
        self,
        messages: Sequence[MessageLikeRepresentation],
        schema_: dict[str, Any] | type[BaseModel] | None = None,
        *,
        structured_output_kwargs: dict[str, Any] | None = None,
        template_format: PromptTemplateFormat = "f-string",
        **kwargs: Any,
    ) -> None:
        schema_ = schema_ or kwargs.pop("schema", None)
        if not schema_:
            msg = f"A structured prompt needs the schema of the answer, not {schema_!r}."
            raise ValueError(msg)
        fields = type(self).model_fields
        further = {name: kwargs.pop(name) for name in list(kwargs) if name not in fields}
        super().__init__(
            messages,
            template_format=template_format,
            schema_=schema_,
            structured_output_kwargs={**(structured_output_kwargs or {}), **further},
            **kwargs,
        )

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain_core", "prompts", "structured"]

    @classmethod
    def from_messages_and_schema(
        cls,
        messages: Sequence[MessageLikeRepresentation],
        schema: dict[str, Any] | type,
        **kwargs: Any,
    ) -> StructuredPrompt:
        """Make a prompt from its messages and the schema of the answer."""
        return cls(messages, schema, **kwargs)

    @override
    def __or__(self, other: Any) -> Any:
        return self.pipe(other)

    @override
    def pipe(self, *others: Any, name: str | None = None) -> RunnableSequence[Any, Any]:
        """Pipe the prompt into a model that answers in the schema.

        Raises:
            NotImplementedError: If the first of `others` cannot give structured output.
        """
        if not others or not hasattr(others[0], "with_structured_output"):
            got = repr(others[0]) if others else "nothing"
            msg = (
                "A structured prompt is piped into a model that has with_structured_output, "
                f"not into {got}."
            )
            raise NotImplementedError(msg)
        model = others[0].with_structured_output(self.schema_, **self.structured_output_kwargs)
        return super().pipe(model, *others[1:], name=name)
