"""`Serializable`: the base of models that describe themselves to tracers.

The description names the class by the path under which langchain-core publishes it, so that tools
which read such descriptions understand ferrule's objects.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict, override

from ferrule.load.plain import try_fill
from ferrule.load.trusted import TrustedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

__all__ = [
    "BaseSerialized",
    "Serializable",
    "SerializedConstructor",
    "SerializedNotImplemented",
    "SerializedSecret",
    "secret_mark",
    "to_json_not_implemented",
    "try_neq_default",
]

_CONTAINERS = (dict, list, set, tuple)


class BaseSerialized(TypedDict):
    """What all descriptions of an object share."""

    lc: int
    """Version of the format; always 1."""
    id: list[str]
    """Path of the class: namespace, then name."""
    name: NotRequired[str]
    graph: NotRequired[dict[str, Any]]


class SerializedConstructor(BaseSerialized):
    """An object that can be rebuilt from its class and arguments."""

    type: Literal["constructor"]
    kwargs: dict[str, Any]


class SerializedSecret(BaseSerialized):
    """A value that is not told; `id` holds the name of its environment variable."""

    type: Literal["secret"]


class SerializedNotImplemented(BaseSerialized):
    """An object that is only named."""

    type: Literal["not_implemented"]
    repr: str | None


class Serializable(TrustedModel):
    """Base of models with a description: class path, arguments, secrets left out.

    `repr` and `str` leave out the fields that have their default value.
    """

    model_config = ConfigDict(extra="ignore")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Cooperative on purpose: subclasses take positional arguments and combine bases.
        is_plain = not (args or type(self).__pydantic_complete__) and try_fill(self, kwargs)
        if not is_plain:
            super().__init__(*args, **kwargs)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return whether `to_json` may tell the arguments; false unless a class says otherwise."""
        return False

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Return the class path without the class name: by default the module's path."""
        return cls.__module__.split(".")

    @classmethod
    def lc_id(cls) -> list[str]:
        """Return the class path: namespace, then name, without generic parameters."""
        origin = cls.__pydantic_generic_metadata__.get("origin")
        return [*cls.get_lc_namespace(), (origin or cls).__name__]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Constructor arguments that must not be told, each with its environment variable."""
        return {}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """Further constructor arguments that the description holds."""
        return {}

    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """Describe the object: class path and the arguments that say something.

        The values are the live objects, not JSON text. Secrets are replaced by the name of their
        environment variable.
        """
        if not self.is_lc_serializable():
            return to_json_not_implemented(self)
        secrets = self._secret_paths()
        kwargs = dict(self._told_arguments())
        for view in self._views():
            kwargs.update(view.lc_attributes)
        for name in secrets:
            if getattr(self, name, None):
                # Present even when it came from the environment and was never passed.
                kwargs[name] = getattr(self, name)
        return {
            "lc": 1,
            "type": "constructor",
            "id": self.lc_id(),
            "kwargs": _without_secrets(kwargs, secrets),
        }

    def to_json_not_implemented(self) -> SerializedNotImplemented:
        """Describe the object by its class path and repr only."""
        return to_json_not_implemented(self)

    def _secret_paths(self) -> dict[str, str]:
        """Map the arguments that hold secrets, by field and by alias, to their variables."""
        secrets: dict[str, str] = {}
        for view in Serializable._views(self):
            secrets.update(view.lc_secrets)
        fields = type(self).model_fields
        for name in tuple(secrets):
            alias = fields[name].alias if name in fields else None
            if alias is not None:
                secrets[alias] = secrets[name]
        return secrets

    def _told_arguments(self) -> Iterator[tuple[str, Any]]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if not field.exclude and (field.is_required() or _is_told(value, field)):
                yield name, value

    def _views(self) -> Iterator[Serializable]:
        # Each class of the hierarchy may add secrets and attributes without calling `super()`.
        yield self
        for cls in type(self).__mro__:
            above = cast("Serializable", super(cls, self))
            if not hasattr(above, "lc_secrets"):
                return
            yield above

    @override
    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            field = fields.get(name) if name is not None else None
            if field is None or _differs(value, field):
                yield name, value


def try_neq_default(value: Any, key: str, model: BaseModel) -> bool:
    """Return whether `value` differs from the default of the field `key` of `model`."""
    return _differs(value, type(model).model_fields[key])


def _differs(value: Any, field: FieldInfo) -> bool:
    factory = field.default_factory
    if factory is not None:
        # Other factories may have side effects, and are not called to print an object.
        return factory not in _CONTAINERS or type(value) is not factory or bool(value)
    default = field.default
    if value is default:
        return False
    try:
        return bool(default != value)
    except Exception:  # noqa: BLE001  arrays and frames have no truth value: not the default
        return True


def _is_told(value: Any, field: FieldInfo) -> bool:
    # Readers of descriptions look for arguments such as `type`, whose default is never empty.
    with contextlib.suppress(Exception):
        if value:
            return True
    return _differs(value, field)


def _without_secrets(kwargs: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    told = kwargs.copy()
    for path, variable in secrets.items():
        *parents, last = path.split(".")
        owner = told
        for parent in parents:
            if parent not in owner:
                break
            owner[parent] = owner[parent].copy()
            owner = owner[parent]
        if last in owner:
            owner[last] = secret_mark(variable)
    return told


def secret_mark(variable: str) -> SerializedSecret:
    """Make what stands for a secret in a description."""
    return {"lc": 1, "type": "secret", "id": [variable]}


def to_json_not_implemented(obj: object) -> SerializedNotImplemented:
    """Describe any object by its class path and repr; never fails."""
    named = obj if hasattr(obj, "__name__") else type(obj)
    text = None
    with contextlib.suppress(Exception):
        text = repr(obj)
    return {
        "lc": 1,
        "type": "not_implemented",
        "id": [
            *str(getattr(named, "__module__", "")).split("."),
            str(getattr(named, "__name__", "")),
        ],
        "repr": text,
    }
