"""Objects as plain data, for JSON: `loads` builds them again.

An object whose class says so (`is_lc_serializable`) is described by class path and arguments,
secrets only by the names of their environment variables; so are the runnables that are made of
others, though not functions in them. Anything else that JSON cannot hold is named only.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from ferrule.load.catalog import arguments_of, path_of
from ferrule.load.escaping import looks_described, wrapped
from ferrule.load.serializable import Serializable, secret_mark, to_json_not_implemented

__all__ = ["default", "dumpd", "dumps"]

_SCALARS = (str, int, float, bool, type(None))


def dumps(obj: Any, *, pretty: bool = False, **kwargs: Any) -> str:
    r"""Describe an object as JSON text.

    Args:
        obj: The object, alone or in lists and dictionaries.
        pretty: Whether to write it on several lines, indented by two spaces or by `indent`.
        **kwargs: Passed on to `json.dumps`.

    Raises:
        ValueError: If `default` is given: every object has a description already.

    Example:
        >>> from ferrule.load import loads
        >>> from ferrule.messages import HumanMessage
        >>> loads(dumps([HumanMessage("Hello")]))
        [HumanMessage(content='Hello')]
    """
    if "default" in kwargs:
        msg = "`dumps` describes every object itself; leave out `default`."
        raise ValueError(msg)
    if pretty:
        kwargs.setdefault("indent", 2)
    return json.dumps(dumpd(obj), **kwargs)


def dumpd(obj: Any) -> Any:
    """Describe an object as plain data: dictionaries, lists, texts, numbers.

    Example:
        >>> from ferrule.messages import HumanMessage
        >>> dumpd(HumanMessage("Hello"))["id"]
        ['langchain', 'schema', 'messages', 'HumanMessage']
    """
    if isinstance(obj, Serializable):
        return _described(obj)
    if arguments_of(type(obj)) is not None:
        return _described_runnable(obj)
    if isinstance(obj, dict):
        if not all(isinstance(key, _SCALARS) for key in obj):
            return to_json_not_implemented(obj)
        return wrapped(_plain(obj)) if looks_described(obj) else _items(obj)
    if isinstance(obj, (list, tuple)):
        return [dumpd(item) for item in obj]
    return obj if isinstance(obj, _SCALARS) else to_json_not_implemented(obj)


def default(obj: Any) -> Any:
    """Describe an object that JSON cannot hold, one level deep; for `json.dumps(default=...)`."""
    return obj.to_json() if isinstance(obj, Serializable) else to_json_not_implemented(obj)


def _described(obj: Serializable) -> dict[str, Any]:
    description: dict[str, Any] = dict(obj.to_json())
    kwargs = description.get("kwargs")
    if kwargs is not None:
        # Of langchain-core's objects, too, which pass for ours and lack the private method.
        secrets = Serializable._secret_paths(obj)
        description["kwargs"] = _items(kwargs, {tuple(s.split(".")): v for s, v in secrets.items()})
    return description


def _described_runnable(obj: Any) -> dict[str, Any]:
    values = {name: getattr(obj, name) for name in arguments_of(type(obj)) or ()}
    return {
        "lc": 1,
        "type": "constructor",
        "id": list(path_of(type(obj))),
        "kwargs": {name: dumpd(value) for name, value in values.items() if value},
        "name": obj.get_name(),
    }


def _items(
    data: dict[Any, Any], secrets: dict[tuple[str, ...], str] | None = None
) -> dict[Any, Any]:
    """Describe the values of a dictionary; the marks of secrets, at their places, stay."""
    return {key: _item(key, value, secrets or {}) for key, value in data.items()}


def _item(key: Any, value: Any, secrets: dict[tuple[str, ...], str]) -> Any:
    below = {path[1:]: variable for path, variable in secrets.items() if path[0] == key}
    if () in below and value == secret_mark(below[()]):
        return value
    if below and isinstance(value, dict) and not looks_described(value):
        return _items(value, {path: variable for path, variable in below.items() if path})
    if key == "parsed" and isinstance(value, BaseModel) and not isinstance(value, Serializable):
        # Where a model's answer carries what a provider's library made of it.
        return dumpd(value.model_dump())
    return dumpd(value)


def _plain(value: Any) -> Any:
    """Copy data that is not read as a description; what JSON cannot hold is named."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, _SCALARS) else to_json_not_implemented(value)
