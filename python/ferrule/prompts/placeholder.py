"""`MessagesPlaceholder`: where a list of messages goes into a chat prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import PositiveInt
from typing_extensions import override

from ferrule._lazy import later
from ferrule.messages.base import get_msg_title_repr
from ferrule.prompts.display import highlighted
from ferrule.prompts.message import BaseMessagePromptTemplate

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["MessagesPlaceholder"]

# It knows the classes of all messages.
_later = later(__name__, {"ferrule.messages": "convert_to_messages"})


class MessagesPlaceholder(BaseMessagePromptTemplate):
    """A place in a chat prompt for messages that a variable holds, such as a history.

    Args:
        variable_name: Name of the variable. Its value is a list of messages, or of what converts
            to messages: texts, `(role, content)` pairs, dictionaries.
        optional: Whether the variable may be left out or `None`, which gives no messages.
        **kwargs: `n_messages`, the number of last messages to keep.

    Example:
        >>> MessagesPlaceholder("history", n_messages=1).format_messages(
        ...     history=[("human", "Hi"), ("ai", "Hello!")]
        ... )
        [AIMessage(content='Hello!')]
    """

    variable_name: str
    """Name of the variable."""

    optional: bool = False
    """Whether the variable may be left out."""

    n_messages: PositiveInt | None = None
    """How many messages to keep, counted from the end; all of them if `None`."""

    def __init__(self, variable_name: str, *, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(variable_name=variable_name, optional=optional, **kwargs)  # type: ignore[call-arg]

    @property
    @override
    def input_variables(self) -> list[str]:
        return [] if self.optional else [self.variable_name]

    @override
    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Return the messages that the variable holds.

        Raises:
            KeyError: If the variable is missing and not optional.
            ValueError: If its value is not a list.
        """
        name = self.variable_name
        if name not in kwargs:
            if self.optional:
                return []
            msg = f"The placeholder {name!r} needs a list of messages, but {name!r} is missing."
            raise KeyError(msg)
        value = kwargs[name]
        if value is None and self.optional:  # the default in the prompt's input schema
            return []
        if not isinstance(value, list):
            msg = (
                f"The placeholder {name!r} needs a list of messages, "
                f"not {type(value).__name__}: {value!r}."
            )
            raise ValueError(msg)  # noqa: TRY004  the compatible class
        if self.n_messages is not None:
            value = value[-self.n_messages :]
        messages: list[BaseMessage] = _later("convert_to_messages")(value)
        return messages

    @override
    def pretty_repr(self, html: bool = False) -> str:
        title = get_msg_title_repr("Messages Placeholder", bold=html)
        return f"{title}\n\n{highlighted(self.variable_name, html)}"
