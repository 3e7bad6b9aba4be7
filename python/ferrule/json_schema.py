"""Rewriting JSON schemas into the forms that model providers accept."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


_DEFINITIONS = frozenset({"$defs"})


def dereference_refs(
    schema: dict[str, Any],
    *,
    full_schema: dict[str, Any] | None = None,
    skip_keys: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return the schema with each `$ref` replaced by what it refers to.

    A reference inside what it refers to is dropped, which keeps the result finite; keys beside a
    reference win over those of its target.

    Args:
        schema: The schema, or a part of one.
        full_schema: What references start from, if `schema` is a part.
        skip_keys: Keys below which everything stays as it is; by default `$defs`.

    Raises:
        ValueError: If a reference leads out of the document.
        KeyError: If there is nothing where a reference points to.

    Example:
        >>> dereference_refs({"items": {"$ref": "#/$defs/N"}, "$defs": {"N": {"type": "number"}}})
        {'items': {'type': 'number'}, '$defs': {'N': {'type': 'number'}}}
    """
    kept = _DEFINITIONS if skip_keys is None else skip_keys
    whole: dict[str, Any] = _expanded(schema, full_schema or schema, kept, frozenset())
    return whole


def _expanded(
    node: Any, root: dict[str, Any], kept: Collection[str], entered: frozenset[str]
) -> Any:
    if isinstance(node, list):
        return [_expanded(item, root, kept, entered) for item in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"allOf": [{"$ref": str(), **beside}], **rest} if not beside and "$ref" not in rest:
            # Pydantic before 2.9 wraps a reference that has keys beside it.
            node = {**rest, **node["allOf"][0]}
        case _:
            pass
    own = {
        key: copy.deepcopy(value) if key in kept else _expanded(value, root, kept, entered)
        for key, value in node.items()
        if key != "$ref"
    }
    path = node.get("$ref")
    if not isinstance(path, str):  # a property may be called `$ref`, and is a schema then
        return own if path is None else {**own, "$ref": _expanded(path, root, kept, entered)}
    if path in entered:
        return own
    target = _expanded(_target(path, root), root, kept, entered | {path})
    return {**target, **own} if isinstance(target, dict) else own or target


def _target(path: str, root: dict[str, Any]) -> Any:
    start, *steps = path.split("/")
    if start != "#":
        msg = f"A reference must stay in its schema and start with '#'; {path!r} does not."
        raise ValueError(msg)
    found: Any = root
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            by_position = isinstance(found, list) or (name not in found and name.isdigit())
            key: Any = int(name) if by_position else name
            found = found[key]
        except (KeyError, IndexError, ValueError, TypeError):
            msg = f"There is nothing at {path!r} in the schema."
            raise KeyError(msg) from None
    return found


def without_titles(schema: dict[str, Any], *, of_properties: bool = False) -> dict[str, Any]:
    """Return the schema without its titles; properties that are called "title" stay."""
    return {
        key: without_titles(value, of_properties=key == "properties")
        if isinstance(value, dict)
        else value
        for key, value in schema.items()
        if key != "title" or (of_properties and isinstance(value, dict))
    }


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with every property required and no others allowed, on each level."""
    out = dict(schema)
    properties = out.get("properties")
    if isinstance(properties, dict):
        out["properties"] = {name: _closed(value) for name, value in properties.items()}
        if properties:
            out["required"] = list(properties)
    if "required" in out or properties == {} or "additionalProperties" in out:
        out["additionalProperties"] = False
    for key in ("anyOf", "allOf"):
        if key in out:
            out[key] = [_closed(choice) for choice in out[key]]
    if "items" in out:
        out["items"] = _closed(out["items"])
    for key in ("$defs", "definitions"):
        if isinstance(out.get(key), dict):
            out[key] = {name: _closed(value) for name, value in out[key].items()}
    return out


def _closed(schema: Any) -> Any:
    return closed(schema) if isinstance(schema, dict) else schema
