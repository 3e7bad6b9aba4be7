"""Values from environment variables, as defaults of what a program did not pass."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "convert_to_secret_str",
    "env_var_is_set",
    "from_env",
    "get_from_dict_or_env",
    "get_from_env",
    "secret_from_env",
]

_SWITCHED_OFF = frozenset({"", "0", "false", "False"})
_REQUIRED: Any = object()


def env_var_is_set(env_var: str) -> bool:
    """Whether an environment variable is there and does not say no (`0`, `false` or nothing)."""
    return os.environ.get(env_var, "") not in _SWITCHED_OFF


def get_from_env(key: str, env_key: str, default: str | None = None) -> str:
    """Return what an environment variable holds; an empty one counts as not set.

    Args:
        key: What the value is called in the program, for the error.
        env_key: The variable.
        default: What is returned if it is not set.

    Raises:
        ValueError: If it is not set and there is no default.
    """
    value = os.environ.get(env_key) or default
    if value is None:
        raise ValueError(_missing([env_key], key))
    return value


def get_from_dict_or_env(
    data: Mapping[str, Any], key: str | Sequence[str], env_key: str, default: str | None = None
) -> str:
    """Return the first value under the key, or keys, as text; else what `get_from_env` finds.

    Raises:
        ValueError: If there is none, neither in the data nor in the environment.

    Example:
        >>> get_from_dict_or_env({"api_key": "k1"}, "api_key", "SERVICE_API_KEY")
        'k1'
    """
    keys = [key] if isinstance(key, str) else list(key)
    given = next((str(data[name]) for name in keys if data.get(name)), None)
    return get_from_env(keys[0], env_key, default) if given is None else given


@overload
def from_env(
    key: str | Sequence[str], /, *, default: str = ..., error_message: str | None = ...
) -> Callable[[], str]: ...
@overload
def from_env(
    key: str | Sequence[str], /, *, default: None, error_message: str | None = ...
) -> Callable[[], str | None]: ...
def from_env(
    key: str | Sequence[str],
    /,
    *,
    default: str | None = _REQUIRED,
    error_message: str | None = None,
) -> Callable[[], str | None]:
    """Make a default factory that reads an environment variable whenever it is called.

    Args:
        key: The variable, or several of which the first that is set counts.
        default: What to return if none is set.
        error_message: What the error says if none is set and there is no default.

    Raises:
        ValueError: Raised by the factory, if none is set and there is no default.

    Example:
        >>> from pydantic import BaseModel, Field
        >>> class Service(BaseModel):
        ...     address: str = Field(default_factory=from_env("SERVICE_URL", default="local"))
        >>> Service().address
        'local'
    """
    names = [key] if isinstance(key, str) else list(key)

    def read() -> str | None:
        found = next((os.environ[name] for name in names if name in os.environ), default)
        if found is _REQUIRED:
            raise ValueError(error_message or _missing(names, names[0]))
        return found

    return read


@overload
def secret_from_env(
    key: str | Sequence[str], /, *, default: str = ..., error_message: str | None = ...
) -> Callable[[], SecretStr]: ...
@overload
def secret_from_env(
    key: str | Sequence[str], /, *, default: None, error_message: str | None = ...
) -> Callable[[], SecretStr | None]: ...
def secret_from_env(
    key: str | Sequence[str],
    /,
    *,
    default: str | None = _REQUIRED,
    error_message: str | None = None,
) -> Callable[[], SecretStr | None]:
    """Make a default factory as `from_env` does; what it returns hides itself when printed."""
    read_text = from_env(key, default=default, error_message=error_message)

    def read() -> SecretStr | None:
        found = read_text()
        return None if found is None else SecretStr(found)

    return read


def convert_to_secret_str(value: SecretStr | str) -> SecretStr:
    """Wrap a text so that it hides itself when printed; what is wrapped stays as it is."""
    return value if isinstance(value, SecretStr) else SecretStr(value)


def _missing(variables: Sequence[str], argument: str) -> str:
    return (
        f"There is no value for {argument!r}: pass it, or set the environment variable "
        f"{' or '.join(variables)}."
    )
