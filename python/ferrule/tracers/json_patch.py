"""Changes of JSON-like values, as RFC 6902 operations: made from two values, and applied.

Only what run logs need: `add`, `replace` and `remove`. Leaves may be any objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["apply_patch", "diff", "escaped"]

Operation = dict[str, Any]


def diff(old: Any, new: Any) -> Iterator[Operation]:
    """Make the operations that turn one value into another.

    Mappings are compared key by key, and a list that was added to item by item; everything else
    is replaced as a whole when it differs.

    Example:
        >>> list(diff({"a": [1]}, {"a": [1, 2], "b": 3}))
        [{'op': 'add', 'path': '/a/1', 'value': 2}, {'op': 'add', 'path': '/b', 'value': 3}]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() - new.keys():
            yield {"op": "remove", "path": f"/{escaped(key)}"}
        for key, value in new.items():
            path = f"/{escaped(key)}"
            if key in old:
                yield from ({**op, "path": path + op["path"]} for op in diff(old[key], value))
            else:
                yield {"op": "add", "path": path, "value": value}
    elif isinstance(old, list) and isinstance(new, list) and _same(old, new[: len(old)]):
        for index in range(len(old), len(new)):
            yield {"op": "add", "path": f"/{index}", "value": new[index]}
    elif not _same(old, new):
        yield {"op": "replace", "path": "", "value": new}


def apply_patch(document: Any, operations: Iterable[Operation]) -> Any:
    """Apply operations in order, and return the result.

    The document is not changed: mappings and lists on the way to a change are copied, everything
    else is shared.

    Raises:
        ValueError: If a path does not exist, or an operation is none of those known here.

    Example:
        >>> apply_patch({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}])
        {'a': [1, 2]}
    """
    for operation in operations:
        steps = [_unescaped(step) for step in operation["path"].split("/")[1:]]
        document = _changed(document, steps, operation)
    return document


def _changed(node: Any, steps: list[str], operation: Operation) -> Any:
    if not steps:
        if operation["op"] == "remove":
            return None
        return operation["value"]
    step, *deeper = steps
    if isinstance(node, dict):
        return _changed_mapping(node, step, deeper, operation)
    if isinstance(node, list):
        return _changed_list(node, step, deeper, operation)
    raise _unreachable(operation)


def _changed_mapping(
    node: dict[str, Any], step: str, deeper: list[str], operation: Operation
) -> dict[str, Any]:
    if step not in node and (deeper or operation["op"] != "add"):
        raise _unreachable(operation)
    if not deeper and operation["op"] == "remove":
        return {key: value for key, value in node.items() if key != step}
    return {**node, step: _changed(node.get(step), deeper, operation)}


def _changed_list(node: list[Any], step: str, deeper: list[str], operation: Operation) -> list[Any]:
    adds = operation["op"] == "add" and not deeper
    index = len(node) if step == "-" else int(step) if step.isdecimal() else -1
    if not 0 <= index < len(node) + adds:
        raise _unreachable(operation)
    if adds:
        return [*node[:index], operation["value"], *node[index:]]
    if not deeper and operation["op"] == "remove":
        return [*node[:index], *node[index + 1 :]]
    return [*node[:index], _changed(node[index], deeper, operation), *node[index + 1 :]]


def _unreachable(operation: Operation) -> ValueError:
    return ValueError(f"There is nothing to {operation['op']} at {operation['path']!r}.")


def _same(left: Any, right: Any) -> bool:
    if left is right:
        return True
    try:
        return type(left) is type(right) and bool(left == right)
    except Exception:  # noqa: BLE001  arrays and their like, for which == is no yes or no
        return False


def escaped(key: object) -> str:
    """Write a key as a step of a path (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
