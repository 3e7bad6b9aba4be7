"""Objects built again from their descriptions (`ferrule.load.dump` makes these).

Building an object runs its class's constructor with arguments from the text. Therefore only
classes that are allowed beforehand are built: by default ferrule's own, without models of
providers. Text from people you do not trust is loaded with `allowed_objects="messages"` or a list
of classes, without `secrets_from_env`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, TypeAlias, cast, get_args

from ferrule.load.catalog import Kind, Path, find, path_of
from ferrule.load.escaping import is_wrapped, unwrapped

__all__ = [
    "AllowedObject",
    "InitValidator",
    "Reviver",
    "default_init_validator",
    "load",
    "loads",
]

AllowedObject: TypeAlias = type
"""A class that may be built: of serializable objects, or of runnables made of others."""

InitValidator: TypeAlias = Callable[[Path, dict[str, Any]], None]
"""Gets the path and the arguments of an object, and raises if it must not be built."""


def default_init_validator(class_path: Path, kwargs: dict[str, Any]) -> None:
    """Refuse templates in jinja2 form, which are programs.

    Raises:
        ValueError: If the arguments ask for such a template.
    """
    if kwargs.get("template_format") == "jinja2":
        msg = (
            f"{'.'.join(class_path)} has a jinja2 template, and such templates are programs: write "
            "it as an f-string, or pass an init_validator of your own (None: no check) if you "
            "trust the text."
        )
        raise ValueError(msg)


class Reviver:
    """Build objects from single descriptions whose parts are built already.

    Args:
        allowed_objects: Classes that may be built, or `"messages"`, `"core"` (all of ferrule's but
            models of providers; the default) or `"all"` (those too, whose arguments say what
            addresses they call).
        secrets_map: Secrets by the names of their environment variables.
        valid_namespaces: Accepted for compatibility; what may be built is said by
            `allowed_objects` and `additional_import_mappings`.
        secrets_from_env: Whether other secrets are read from the environment. The text says which
            variables, so it must be yours.
        additional_import_mappings: Path in a description to the path of the class to build:
            modules, then name. These may be built as well, unless `allowed_objects` is a list of
            classes that does not have them.
        ignore_unserializable_fields: Whether what is only named becomes None; else it is an error.
        init_validator: Asked before each object is built.

    Raises:
        TypeError: If something that is allowed is not a class whose objects can be dumped.
    """

    def __init__(
        self,
        allowed_objects: Iterable[AllowedObject] | Kind | None = None,
        secrets_map: Mapping[str, str] | None = None,
        valid_namespaces: Iterable[str] | None = None,  # noqa: ARG002  see the docstring
        secrets_from_env: bool = False,
        additional_import_mappings: Mapping[Path, Path] | None = None,
        *,
        ignore_unserializable_fields: bool = False,
        init_validator: InitValidator | None = default_init_validator,
    ) -> None:
        self.secrets_map = dict(secrets_map or {})
        self.secrets_from_env = secrets_from_env
        self.additional_import_mappings = dict(additional_import_mappings or {})
        self.ignore_unserializable_fields = ignore_unserializable_fields
        self.init_validator = init_validator
        self._kind: Kind | None = None
        self._classes: dict[Path, AllowedObject] = {}
        if allowed_objects is None or isinstance(allowed_objects, str):
            self._kind = _kind(allowed_objects or "core")
        else:
            self._classes = {path_of(cls): cls for cls in allowed_objects}

    def __call__(self, value: dict[str, Any]) -> Any:
        """Build the object that a dictionary describes; any other dictionary is returned.

        Raises:
            ValueError: If the class is not allowed, or the `init_validator` refuses.
            NotImplementedError: If the object is only named.
        """
        if value.get("lc") != 1 or value.get("id") is None:
            return value
        match value.get("type"):
            case "secret":
                return self._secret(*value["id"])
            case "not_implemented":
                return self._unknown(value)
            case "constructor":
                return self._object(tuple(map(str, value["id"])), value.get("kwargs", {}))
            case _:
                return value

    def _secret(self, variable: str) -> str | None:
        if variable in self.secrets_map:
            return self.secrets_map[variable]
        return (os.environ.get(variable) or None) if self.secrets_from_env else None

    def _unknown(self, value: dict[str, Any]) -> None:
        if not self.ignore_unserializable_fields:
            msg = (
                f"{'.'.join(value['id'])} was named only, so it cannot be built again "
                f"({value.get('repr')}); ignore_unserializable_fields=True puts None in its place."
            )
            raise NotImplementedError(msg)

    def _object(self, path: Path, kwargs: dict[str, Any]) -> Any:
        cls = self._class_at(path)
        if cls is None:
            allowed = repr(self._kind) if self._kind else "the classes of allowed_objects"
            msg = (
                f"{'.'.join(path)} may not be loaded: only {allowed} may. If you trust the text, "
                "pass the class in allowed_objects."
            )
            raise ValueError(msg)
        if self.init_validator is not None:
            self.init_validator(path, kwargs)
        return cls(**kwargs)

    def _class_at(self, path: Path) -> AllowedObject | None:
        if path in self._classes:
            return self._classes[path]
        mapped = self.additional_import_mappings.get(path)
        if mapped is None:
            found = find(path, self._kind or "all")
        else:
            *module, name = mapped
            found = getattr(import_module(".".join(module)), name)
            path_of(found)
        return found if self._kind or found in self._classes.values() else None


def load(
    obj: Any,
    *,
    allowed_objects: Iterable[AllowedObject] | Kind | None = None,
    secrets_map: Mapping[str, str] | None = None,
    valid_namespaces: Iterable[str] | None = None,
    secrets_from_env: bool = False,
    additional_import_mappings: Mapping[Path, Path] | None = None,
    ignore_unserializable_fields: bool = False,
    init_validator: InitValidator | None = default_init_validator,
) -> Any:
    """Build the objects that plain data describes; see `Reviver` for the settings.

    Raises:
        ValueError: If a class is not allowed, or the `init_validator` refuses.
        NotImplementedError: If an object is only named.

    Example:
        >>> from ferrule.load import dumpd
        >>> from ferrule.prompts import PromptTemplate
        >>> load({"prompt": dumpd(PromptTemplate.from_template("Hello {name}"))})
        {'prompt': PromptTemplate(input_variables=['name'], template='Hello {name}')}
    """
    reviver = Reviver(
        allowed_objects,
        secrets_map,
        valid_namespaces,
        secrets_from_env,
        additional_import_mappings,
        ignore_unserializable_fields=ignore_unserializable_fields,
        init_validator=init_validator,
    )

    def built(data: Any) -> Any:
        if isinstance(data, list):
            return [built(item) for item in data]
        if not isinstance(data, dict):
            return data
        if is_wrapped(data):
            return unwrapped(data)
        return reviver({key: built(value) for key, value in data.items()})

    return built(obj)


def loads(text: str, **settings: Any) -> Any:
    """Build the objects that JSON text describes, as `load` does.

    Args:
        text: What `dumps` wrote.
        **settings: Those of `load`.
    """
    return load(json.loads(text), **settings)


def _kind(name: str) -> Kind:
    if name not in get_args(Kind):
        msg = f"allowed_objects is a list of classes or one of {get_args(Kind)}, not {name!r}."
        raise ValueError(msg)
    return cast("Kind", name)
