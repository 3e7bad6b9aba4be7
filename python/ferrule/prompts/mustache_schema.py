"""The input schema of a mustache template: names that have names inside become nested models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule._lazy import later

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from ferrule.prompts.template_mustache import Node

# Loaded when somebody asks for a schema.
_later = later(
    __name__,
    {
        "ferrule.prompts.template_mustache": "mustache_nodes",
        "ferrule.runnables.inference": "object_model",
    },
)

_Shape = dict[str, "_Shape | type"]


def mustache_schema(template: str) -> type[BaseModel]:
    """Derive the model of the data that a template takes; every field is optional.

    Example:
        >>> schema = mustache_schema("{{user.name}} {{#tags}}{{label}}{{/tags}}")
        >>> sorted(schema.model_fields)
        ['tags', 'user']
    """
    shape: _Shape = {}
    _collect(_later("mustache_nodes")(template), shape)
    return _model("PromptInput", shape)


def _collect(nodes: Iterable[Node], shape: _Shape) -> None:
    for node in nodes:
        if isinstance(node, str) or node.name == ".":
            continue
        *parents, last = node.name.split(".")
        inner = shape
        for name in parents:
            inner = _nested(inner, name)
        inside: list[Node] | None = getattr(node, "nodes", None)
        if inside is not None:
            _collect(inside, _nested(inner, last))
        else:
            inner.setdefault(last, str)


def _nested(shape: _Shape, name: str) -> _Shape:
    found = shape.get(name)
    if not isinstance(found, dict):
        found = shape[name] = {}
    return found


def _model(name: str, shape: _Shape) -> type[BaseModel]:
    fields: dict[str, tuple[Any, Any]] = {}
    for key, inner in shape.items():
        if isinstance(inner, dict):
            # A section without names inside is a switch, of whatever type has a truth value.
            fields[key] = (_model(key, inner) if inner else Any, None)
        else:
            fields[key] = (inner, None)
    model: type[BaseModel] = _later("object_model")(name, fields)
    return model
