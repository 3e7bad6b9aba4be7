"""`ChatPromptTemplate`: a conversation with variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

from pydantic import SkipValidation
from typing_extensions import override

from ferrule._core import PartFacts, filled_messages
from ferrule._lazy import attach, later
from ferrule.messages import BaseMessage
from ferrule.prompts.base_chat import BaseChatPromptTemplate
from ferrule.prompts.human import HumanMessagePromptTemplate
from ferrule.prompts.message import BaseMessagePromptTemplate
from ferrule.prompts.message_like import (
    MessageLike,
    MessageLikeRepresentation,
    is_role_pair,
    to_message_like,
)
from ferrule.prompts.placeholder import MessagesPlaceholder
from ferrule.prompts.prompt import PromptTemplate
from ferrule.prompts.roles import BaseContentMessageTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ferrule.prompts.ai import AIMessagePromptTemplate
    from ferrule.prompts.named_role import (
        BaseStringMessagePromptTemplate,
        ChatMessagePromptTemplate,
    )
    from ferrule.prompts.system import SystemMessagePromptTemplate
    from ferrule.prompts.template import PromptTemplateFormat
else:
    # The templates of all roles can be read here.
    _, __getattr__, __dir__ = attach(
        __name__,
        {
            "ferrule.prompts.ai": "AIMessagePromptTemplate",
            "ferrule.prompts.named_role": """
                BaseStringMessagePromptTemplate ChatMessagePromptTemplate
            """,
            "ferrule.prompts.system": "SystemMessagePromptTemplate",
        },
    )

__all__ = [
    "AIMessagePromptTemplate",
    "BaseChatPromptTemplate",
    "BaseMessagePromptTemplate",
    "BaseStringMessagePromptTemplate",
    "ChatMessagePromptTemplate",
    "ChatPromptTemplate",
    "HumanMessagePromptTemplate",
    "MessageLike",
    "MessageLikeRepresentation",
    "MessagesPlaceholder",
    "SystemMessagePromptTemplate",
]

# It knows the classes of all messages.
_later = later(__name__, {"ferrule.messages": "AnyMessage"})

# What can be iterated, but is one message.
_SINGLE = (str, Mapping, BaseMessage, BaseMessagePromptTemplate)


class ChatPromptTemplate(BaseChatPromptTemplate):
    """A list of messages and message templates, filled together.

    A message can be given as a template, a message (which is taken as it is: its braces are text),
    a text (from the human), a `(role, template)` pair, a `(message class, template)` pair, or a
    dictionary with `role` and `content`. Roles are `human`, `user`, `ai`, `assistant`, `system`,
    and `placeholder` for a variable that holds messages. A template may also be a list of texts,
    images and content blocks.

    The prompt is a sequence: it has a length, items and slices, and `+`, `append` and `extend` add
    messages.

    Args:
        messages: What stands for the messages, in order.
        template_format: How templates given as text mark their variables.
        **kwargs: Further fields, such as `partial_variables`.

    Raises:
        TypeError: If `messages` is one message, or a text, instead of a list.
        ValueError: If something given cannot be a message, or a template is malformed.

    Example:
        >>> prompt = ChatPromptTemplate(
        ...     [("system", "Be {how}."), ("placeholder", "{history}"), ("human", "{question}")]
        ... )
        >>> prompt.input_variables, prompt.optional_variables
        (['how', 'question'], ['history'])
        >>> prompt.invoke({"how": "brief", "question": "Why?"}).to_messages()
        [SystemMessage(content='Be brief.'), HumanMessage(content='Why?')]
    """

    messages: SkipValidation[list[MessageLike]]
    """The messages and message templates."""

    validate_template: bool = False
    """Whether `input_variables`, if given, must be exactly the messages' own."""

    def __init__(
        self,
        messages: Sequence[MessageLikeRepresentation],
        *,
        template_format: PromptTemplateFormat = "f-string",
        **kwargs: Any,
    ) -> None:
        given: Any = messages
        if isinstance(given, _SINGLE) or not isinstance(given, Iterable):
            msg = f"messages is a list of messages, but got {given!r} ({type(given).__name__})."
            raise TypeError(msg)
        parts = [to_message_like(message, template_format) for message in messages]
        fields: dict[str, Any] = {**kwargs, **_variables(parts, kwargs), "messages": parts}
        listed = kwargs.get("input_variables")
        found = fields["input_variables"]
        if kwargs.get("validate_template") and listed is not None and set(listed) != set(found):
            msg = f"input_variables are {listed}, but the messages have the variables {found}."
            raise ValueError(msg)
        super().__init__(**fields)

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "prompts", "chat"]

    @property
    @override
    def _prompt_type(self) -> str:
        return "chat"

    @classmethod
    def from_template(cls, template: str, **kwargs: Any) -> ChatPromptTemplate:
        """Make a prompt of one message from the human.

        Args:
            template: The text.
            **kwargs: `template_format` and `partial_variables` of the text.

        Example:
            >>> ChatPromptTemplate.from_template("What is 1 + {number}?").invoke("2")
            ChatPromptValue(messages=[HumanMessage(content='What is 1 + 2?')])
        """
        prompt = PromptTemplate.from_template(template, **kwargs)
        return cls([HumanMessagePromptTemplate(prompt=prompt)])

    @classmethod
    def from_messages(
        cls,
        messages: Sequence[MessageLikeRepresentation],
        template_format: PromptTemplateFormat = "f-string",
    ) -> ChatPromptTemplate:
        """Make a prompt from what stands for its messages, as the constructor does."""
        return cls(messages, template_format=template_format)

    @override
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill all templates and return the messages in order.

        Raises:
            KeyError: If a variable is missing.
            ValueError: If a placeholder's value is not a list.
        """
        return ChatPromptTemplate._messages(self, kwargs)

    @override
    def _messages(self, values: Mapping[str, Any]) -> list[BaseMessage]:
        if self.partial_variables:
            values = self._merge_partial_and_user_variables(**values)
        return filled_messages(self.messages, values)

    @override
    def _known_types(self) -> dict[str, Any]:
        placeholders = (part for part in self.messages if isinstance(part, MessagesPlaceholder))
        any_message = _later("AnyMessage")
        return {part.variable_name: list[any_message] for part in placeholders}  # type: ignore[valid-type]

    @override
    def _has_field(self, name: str) -> bool:
        for part in self.messages:
            prompts: Any = getattr(part, "prompt", ())
            for prompt in prompts if isinstance(prompts, (list, tuple)) else (prompts,):
                is_f_string = getattr(prompt, "template_format", "f-string") == "f-string"
                if is_f_string and name in prompt.input_variables:
                    return True
        return False

    @override
    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        values = self._merge_partial_and_user_variables(**kwargs)
        filled: list[BaseMessage] = []
        part: Any
        for part in self.messages:
            if _is_message(part.__class__):
                filled.append(part)
            else:
                filled += await part.aformat_messages(**values)
        return filled

    def __add__(self, other: Any) -> ChatPromptTemplate:
        return ChatPromptTemplate([*self.messages, *_added(other)], **_merged_partials(self, other))

    def __radd__(self, other: Any) -> ChatPromptTemplate:
        return ChatPromptTemplate([*_added(other), *self.messages], **_merged_partials(self, other))

    def append(self, message: MessageLikeRepresentation) -> None:
        """Add one message at the end; its variables become the prompt's."""
        self.extend([message])

    def extend(self, messages: Sequence[MessageLikeRepresentation]) -> None:
        """Add messages at the end; their variables become the prompt's."""
        self.messages.extend([to_message_like(message) for message in messages])
        given = {"partial_variables": self.partial_variables}
        for name, value in _variables(self.messages, given).items():
            setattr(self, name, value)
        vars(self).pop("_serialized", None)

    @overload
    def __getitem__(self, index: int) -> MessageLike: ...
    @overload
    def __getitem__(self, index: slice) -> ChatPromptTemplate: ...
    def __getitem__(self, index: int | slice) -> MessageLike | ChatPromptTemplate:
        if not isinstance(index, slice):
            return self.messages[index]
        part = ChatPromptTemplate(self.messages[index])
        used = {*part.input_variables, *part.optional_variables}
        return part.partial(**{k: v for k, v in self.partial_variables.items() if k in used})

    def __len__(self) -> int:
        return len(self.messages)

    @override
    def pretty_repr(self, html: bool = False) -> str:
        return "\n\n".join(message.pretty_repr(html=html) for message in self.messages)


@lru_cache(maxsize=256)
def _is_message(cls: type) -> bool:
    # An `isinstance` with pydantic's abstract classes costs more than filling a template.
    return issubclass(cls, BaseMessage)


def facts_of_part(cls: type[Any]) -> PartFacts:
    """Tell the core what becomes of objects of a class; it asks again if the class is changed."""
    fill, text = getattr(cls, "_messages", None), getattr(cls, "_text", None)
    build = cls._msg_class._trusted if fill is BaseContentMessageTemplate._messages else None
    return PartFacts(
        is_message=issubclass(cls, BaseMessage),
        has_twin=fill is not None,
        # A message class of a program's is validated instead.
        builds=getattr(build, "__self__", None),
        is_text=text is PromptTemplate._text,
    )


def _variables(parts: Sequence[MessageLike], given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a prompt that follow from its messages."""
    needed: set[str] = set()
    optional: set[str] = set(given.get("optional_variables", ()))
    for part in parts:
        if isinstance(part, MessagesPlaceholder) and part.optional:
            optional.add(part.variable_name)
        if not isinstance(part, BaseMessage):
            needed.update(part.input_variables)
    nothing: dict[str, Any] = {name: [] for name in sorted(optional)}
    partials = {**nothing, **given.get("partial_variables", {})}
    return {
        "input_variables": sorted(needed - set(partials)),
        "optional_variables": sorted(optional),
        "partial_variables": partials,
    }


def _added(other: Any) -> Sequence[MessageLikeRepresentation]:
    if isinstance(other, ChatPromptTemplate):
        return other.messages
    if isinstance(other, list) or (isinstance(other, tuple) and not is_role_pair(other)):
        return other
    return [other]


def _merged_partials(prompt: ChatPromptTemplate, other: Any) -> dict[str, Any]:
    partials = {**prompt.partial_variables, **(getattr(other, "partial_variables", None) or {})}
    return {"partial_variables": partials}
