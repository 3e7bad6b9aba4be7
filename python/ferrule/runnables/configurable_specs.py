"""What can be configured: named fields and options, and their specifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from typing_extensions import TypeIs


class ConfigurableField(NamedTuple):
    """A value that `config["configurable"]` may set."""

    id: str
    """Key in `config["configurable"]`."""
    name: str | None = None
    """Title for people."""
    description: str | None = None
    """Explanation for people."""
    annotation: Any | None = None
    """Type of the value; otherwise the type of the field that it sets."""
    is_shared: bool = False
    """Whether the key stays unprefixed inside prefixed alternatives."""

    def __hash__(self) -> int:
        return hash((self.id, self.annotation))


class ConfigurableFieldSingleOption(NamedTuple):
    """A value chosen by name from a set of options."""

    id: str
    """Key in `config["configurable"]`."""
    options: Mapping[str, Any]
    """Name of each option to its value."""
    default: str
    """Name of the option that holds when none is chosen."""
    name: str | None = None
    """Title for people."""
    description: str | None = None
    """Explanation for people."""
    is_shared: bool = False
    """Whether the key stays unprefixed inside prefixed alternatives."""

    def __hash__(self) -> int:
        return hash((self.id, *self.options, self.default))


class ConfigurableFieldMultiOption(NamedTuple):
    """A list of values chosen by name from a set of options."""

    id: str
    """Key in `config["configurable"]`."""
    options: Mapping[str, Any]
    """Name of each option to its value."""
    default: Sequence[str]
    """Names of the options that hold when none are chosen."""
    name: str | None = None
    """Title for people."""
    description: str | None = None
    """Explanation for people."""
    is_shared: bool = False
    """Whether the key stays unprefixed inside prefixed alternatives."""

    def __hash__(self) -> int:
        return hash((self.id, *self.options, *self.default))


FieldWithOptions: TypeAlias = ConfigurableFieldSingleOption | ConfigurableFieldMultiOption

AnyConfigurableField: TypeAlias = ConfigurableField | FieldWithOptions


def is_field(value: Any) -> bool:
    """Tell whether a value is a configurable field of any kind, ferrule's or langchain-core's.

    The classes are told apart by their fields: named tuples cannot recognise each other.
    """
    return isinstance(value, tuple) and {"id", "is_shared"} <= set(getattr(value, "_fields", ()))


def has_options(field: AnyConfigurableField) -> TypeIs[FieldWithOptions]:
    """Tell whether the values of a field are chosen by name."""
    return hasattr(field, "options")


def check_field(given: Any, role: str, *, takes_options: bool) -> None:
    """Refuse what is no configurable field, where it is given and not where it is used.

    Args:
        given: What is to be a field.
        role: What it is for: the beginning of the error's message.
        takes_options: Whether its values may be chosen by name.

    Raises:
        TypeError: It is something else.
    """
    if not is_field(given) or (has_options(given) and not takes_options):
        msg = (
            f"{role} is a ConfigurableField, but got {given!r} ({type(given).__name__}); "
            "use ConfigurableField(id='...')."
        )
        raise TypeError(msg)


class ConfigurableFieldSpec(NamedTuple):
    """One value that a runnable reads from `config["configurable"]`."""

    id: str
    """Key in `config["configurable"]`."""
    annotation: Any
    """Type of the value."""
    name: str | None = None
    """Title for people."""
    description: str | None = None
    """Explanation for people."""
    default: Any = None
    """The value when none is given."""
    is_shared: bool = False
    """Whether the key stays unprefixed inside prefixed alternatives."""
    dependencies: list[str] | None = None
    """Keys that this one is read together with."""


def get_unique_config_specs(
    specs: Iterable[ConfigurableFieldSpec],
) -> list[ConfigurableFieldSpec]:
    """List each specification once, sorted by id.

    Raises:
        ValueError: Two specifications share an id but differ.
    """
    unique: dict[str, ConfigurableFieldSpec] = {}
    for spec in specs:
        if unique.setdefault(spec.id, spec) != spec:
            msg = (
                f"Two different configurable fields have the id {spec.id!r}: "
                f"{unique[spec.id]} and {spec}. Give them different ids."
            )
            raise ValueError(msg)
    return [unique[key] for key in sorted(unique)]
