"""`AIMessagePromptTemplate`: what the model says, as a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ferrule.messages.ai import AIMessage
from ferrule.prompts.roles import BaseContentMessageTemplate

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["AIMessagePromptTemplate"]


class AIMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of what the model says.

    Example:
        >>> AIMessagePromptTemplate.from_template("I am {name}").format(name="Ada")
        AIMessage(content='I am Ada')
    """

    _msg_class: ClassVar[type[BaseMessage]] = AIMessage
