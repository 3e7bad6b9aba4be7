"""`SystemMessagePromptTemplate`: the instructions that the model is given, as a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ferrule.messages.system import SystemMessage
from ferrule.prompts.roles import BaseContentMessageTemplate

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["SystemMessagePromptTemplate"]


class SystemMessagePromptTemplate(BaseContentMessageTemplate):
    """Template of the instructions that the model is given.

    Example:
        >>> SystemMessagePromptTemplate.from_template("Be {how}.").format(how="brief")
        SystemMessage(content='Be brief.')
    """

    _msg_class: ClassVar[type[BaseMessage]] = SystemMessage
