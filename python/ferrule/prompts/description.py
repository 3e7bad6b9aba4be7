"""The description of a prompt that the start event of its runs carries as `serialized`."""

from __future__ import annotations

from typing import Any

from ferrule.load.serializable import Serializable, to_json_not_implemented


def describe(model: Serializable) -> dict[str, Any]:
    """Describe a model and the models in it as plain data; objects of other kinds are only named.

    Example:
        >>> from ferrule.prompts import MessagesPlaceholder
        >>> describe(MessagesPlaceholder("history"))["kwargs"]
        {'variable_name': 'history'}
    """
    return {key: _plain(value) for key, value in model.to_json().items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Serializable):
        return describe(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return to_json_not_implemented(value)
