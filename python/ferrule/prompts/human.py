"""`HumanMessagePromptTemplate`: what the user says, as a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ferrule.messages.human import HumanMessage
from ferrule.prompts.roles import BaseContentMessageTemplate

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["HumanMessagePromptTemplate"]


class HumanMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of what the user says.

    Example:
        >>> HumanMessagePromptTemplate.from_template("Hi {name}").format(name="Ada")
        HumanMessage(content='Hi Ada')
    """

    _msg_class: ClassVar[type[BaseMessage]] = HumanMessage
