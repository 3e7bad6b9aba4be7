"""Pydantic models of typed dicts, which may describe and default their keys.

A key is described in the section `Args:` of the docstring, or as
`Annotated[type, default, "description"]`, where the default `...` means that there is none.
"""

from __future__ import annotations

import inspect
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model
from typing_extensions import NotRequired, ReadOnly, Required, get_type_hints, is_typeddict

from ferrule.tools.docstring import parse_google_docstring

if TYPE_CHECKING:
    from pydantic.config import JsonDict


def model_of_typed_dict(typed_dict: type, *, inside: tuple[type, ...] = ()) -> type[BaseModel]:
    """Make the model of a typed dict and of those inside it.

    Raises:
        ValueError: If a description is not text, or the typed dict contains itself.
    """
    if typed_dict in inside:
        msg = f"TypedDict {typed_dict.__name__} contains itself; use a pydantic model for that."
        raise ValueError(msg)
    inside = (*inside, typed_dict)
    description, arguments = parse_google_docstring(inspect.getdoc(typed_dict) or "")
    fields: dict[str, Any] = {}
    for key, hint in get_type_hints(typed_dict, include_extras=True).items():
        kind, is_required = _unqualified(hint, key in typed_dict.__required_keys__)  # type: ignore[attr-defined]
        kind, default, said = _parts(key, kind, ... if is_required else None)
        said = (arguments or {}).get(key) or said
        field = Field(default=default, description=said, json_schema_extra=_without_none)
        fields[key] = (_converted(kind, inside), field)
    model: type[BaseModel] = create_model(typed_dict.__name__, **fields)
    model.__doc__ = description
    return model


def _without_none(schema: JsonDict) -> None:
    # That a key may be left out is no reason to pass `null`.
    if "default" in schema and schema["default"] is None:
        del schema["default"]


def _unqualified(hint: Any, is_required: bool) -> tuple[Any, bool]:
    """Take `Required[...]` and the like off an annotation.

    They are told apart here because a class under postponed annotations does not see them.
    """
    while (qualifier := get_origin(hint)) in {Required, NotRequired, ReadOnly}:
        is_required = is_required if qualifier is ReadOnly else qualifier is Required
        hint = get_args(hint)[0]
    return hint, is_required


def _parts(key: str, hint: Any, default: Any) -> tuple[Any, Any, str | None]:
    """Split an annotation into type, default and description."""
    if get_origin(hint) is not Annotated:
        return hint, default, None
    kind, default, *rest = get_args(hint)
    said = rest[0] if rest else None
    if said is not None and not isinstance(said, str):
        msg = (
            f"The description of key {key!r}, third in its Annotated[type, default, description], "
            f"must be text, not {said!r}."
        )
        raise ValueError(msg)
    return kind, default, said


def _converted(kind: Any, inside: tuple[type, ...]) -> Any:
    """Replace the typed dicts in a type by their models."""
    if is_typeddict(kind):
        return model_of_typed_dict(kind, inside=inside)
    origin, args = get_origin(kind), get_args(kind)
    if origin is None or not args:
        return kind
    if origin is Annotated:
        parts = (_converted(args[0], inside), *args[1:])
        return Annotated[parts]
    converted = tuple(_converted(arg, inside) for arg in args)
    if origin in {Union, UnionType}:
        return Union[converted]  # noqa: UP007  the choices are a tuple
    return origin[converted]
