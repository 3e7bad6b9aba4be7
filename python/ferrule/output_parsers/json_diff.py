"""The change from one JSON value to the next, as RFC 6902 operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.tracers.json_patch import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator


def json_diff(old: Any, new: Any) -> list[dict[str, Any]]:
    """List the operations that turn `old` into `new`, in the order in which to apply them.

    Example:
        >>> json_diff({"a": [1]}, {"a": [1, 2]})
        [{'op': 'add', 'path': '/a/1', 'value': 2}]
    """
    return list(_operations(old, new, ""))


def _operations(old: Any, new: Any, path: str) -> Iterator[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key not in new:
                yield {"op": "remove", "path": _step(path, key)}
        for key, value in new.items():
            if key in old:
                yield from _operations(old[key], value, _step(path, key))
            else:
                yield {"op": "add", "path": _step(path, key), "value": value}
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_operations(old, new, path)
    elif type(old) is not type(new) or old != new:  # 1 == True in Python, not in JSON
        yield {"op": "replace", "path": path, "value": new}


def _list_operations(old: list[Any], new: list[Any], path: str) -> Iterator[dict[str, Any]]:
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        yield from _operations(before, after, _step(path, index))
    for index in range(len(old) - 1, len(new) - 1, -1):
        yield {"op": "remove", "path": _step(path, index)}
    for index in range(len(old), len(new)):
        yield {"op": "add", "path": _step(path, index), "value": new[index]}


def _step(path: str, key: object) -> str:
    return f"{path}/{escaped(key)}"
