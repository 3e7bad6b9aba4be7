"""What can stand for a message in a chat prompt, and how it becomes a message or a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union, cast

from ferrule._lazy import later
from ferrule.messages import BaseMessage
from ferrule.prompts.base_chat import BaseChatPromptTemplate
from ferrule.prompts.human import HumanMessagePromptTemplate
from ferrule.prompts.message import BaseMessagePromptTemplate
from ferrule.prompts.placeholder import MessagesPlaceholder
from ferrule.prompts.prompt import PromptTemplate

if TYPE_CHECKING:
    from ferrule.prompts.roles import BaseContentMessageTemplate
    from ferrule.prompts.template import PromptTemplateFormat

MessageLike = Union[BaseMessagePromptTemplate, BaseMessage, BaseChatPromptTemplate]  # noqa: UP007  a runtime alias on 3.10
"""What a chat prompt is made of."""

MessageLikeRepresentation = Union[  # noqa: UP007  a runtime alias on 3.10
    MessageLike,
    tuple[Union[str, type], Union[str, Sequence[dict[str, Any]], Sequence[object]]],  # noqa: UP007  for 3.10
    str,
    dict[str, Any],
]
"""What a chat prompt can be made from: a template, a message, a text (from the human), a pair of
role or class and template, or a dictionary with `role` and `content`."""

# What is not from the human is loaded with the first prompt that has it.
_later = later(
    __name__,
    {
        "ferrule.prompts.ai": "AIMessagePromptTemplate",
        "ferrule.prompts.human": "HumanMessagePromptTemplate",
        "ferrule.prompts.system": "SystemMessagePromptTemplate",
    },
)

_ROLES = {
    "human": "HumanMessagePromptTemplate",
    "user": "HumanMessagePromptTemplate",
    "ai": "AIMessagePromptTemplate",
    "assistant": "AIMessagePromptTemplate",
    "system": "SystemMessagePromptTemplate",
}
_PAIR = 2


def to_message_like(
    given: MessageLikeRepresentation, template_format: PromptTemplateFormat = "f-string"
) -> MessageLike:
    """Turn what stands for a message into a message or a template.

    Raises:
        ValueError: If a role is unknown, a pair or dictionary is malformed, or a template is.
        NotImplementedError: If an object of this type cannot stand for a message.
    """
    if isinstance(given, (BaseMessage, BaseMessagePromptTemplate, BaseChatPromptTemplate)):
        return given
    if isinstance(given, str):
        return HumanMessagePromptTemplate.from_template(given, template_format)
    if isinstance(given, Mapping):
        if set(given) != {"role", "content"}:
            msg = f"A message dictionary has the keys 'role' and 'content', no others: {given!r}."
            raise ValueError(msg)
        return _in_role(given["role"], given["content"], template_format)
    if isinstance(cast("object", given), (tuple, list)):
        if len(given) != _PAIR:
            msg = f"A message pair is (role, template), with two items: {given!r}."
            raise ValueError(msg)
        return _in_role(given[0], given[1], template_format)
    msg = (
        f"{given!r} of type {type(given).__name__} cannot stand for a message: use a message, a "
        "message template, a text, a (role, template) pair or a dictionary with 'role' and "
        "'content'."
    )
    raise NotImplementedError(msg)


def is_role_pair(given: tuple[Any, ...]) -> bool:
    """Return whether a tuple is one message, as a role and its template, and not several."""
    if len(given) != _PAIR:
        return False
    role = given[0]
    return isinstance(role, type) or (
        isinstance(role, str) and (role in _ROLES or role == "placeholder")
    )


def _in_role(role: Any, template: Any, template_format: PromptTemplateFormat) -> MessageLike:
    if isinstance(role, type) and issubclass(role, BaseMessage):
        role = role.model_fields["type"].default
    if isinstance(role, type) and issubclass(role, BaseMessagePromptTemplate):
        text = PromptTemplate.from_template(template, template_format=template_format)
        made: BaseMessagePromptTemplate = role(prompt=text)  # type: ignore[call-arg]
        return made
    if role == "placeholder":
        return _placeholder(template)
    class_name = _ROLES.get(role) if isinstance(role, str) else None
    if class_name is None:
        known = ", ".join(repr(name) for name in (*_ROLES, "placeholder"))
        msg = f"There is no message role {role!r}: use one of {known}, or a message class."
        raise ValueError(msg)
    template_class: type[BaseContentMessageTemplate] = _later(class_name)
    return template_class.from_template(template, template_format)


def _placeholder(given: Any) -> MessagesPlaceholder:
    name, optional = given, True
    if isinstance(given, (list, tuple)) and len(given) == _PAIR:
        name, optional = given
    braced = isinstance(name, str) and name[:1] == "{" and name[-1:] == "}"
    if not braced or not isinstance(optional, bool):
        msg = (
            "A placeholder is the variable name in braces, as in '{history}', or a pair of that "
            f"and whether it is optional, as in ['{{history}}', False]; not {given!r}."
        )
        raise ValueError(msg)
    return MessagesPlaceholder(name[1:-1], optional=optional)
