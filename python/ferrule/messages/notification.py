"""Messages that were not typed by the user but added on the user's side of a conversation."""

# Annotations are not postponed here: the typed dicts read from them which keys may be left out.

from typing import TYPE_CHECKING, Any

from typing_extensions import NotRequired, TypedDict

if TYPE_CHECKING:
    from ferrule.messages.base import BaseMessage
    from ferrule.messages.human import HumanMessage

__all__ = [
    "NotificationMetadata",
    "add_notification_metadata",
    "get_notification_metadata",
]

_SOURCE = "lc_source"
_DATA = "lc_data"


class NotificationMetadata(TypedDict):
    """Who added a message, and what they noted down with it."""

    source: str
    data: NotRequired[dict[str, Any]]


def add_notification_metadata(
    message: "HumanMessage", *, source: str, data: dict[str, Any] | None = None
) -> "HumanMessage":
    """Return a copy of the message that says who added it; earlier marks are replaced.

    The mark is for programs that show or store the conversation. It is no proof of origin, since
    whoever can send messages can set it.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> marked = add_notification_metadata(HumanMessage("Job 7 is done."), source="jobs")
        >>> get_notification_metadata(marked)
        {'source': 'jobs'}
    """
    kept = {key: v for key, v in message.additional_kwargs.items() if key not in {_SOURCE, _DATA}}
    kept[_SOURCE] = source
    if data is not None:
        kept[_DATA] = dict(data)
    return message.model_copy(update={"additional_kwargs": kept})


def get_notification_metadata(message: "BaseMessage") -> NotificationMetadata | None:
    """Return who added the message and what they noted, `None` if it is not marked."""
    source = message.additional_kwargs.get(_SOURCE)
    if not isinstance(source, str):
        return None
    data = message.additional_kwargs.get(_DATA)
    return {"source": source, "data": dict(data)} if isinstance(data, dict) else {"source": source}
