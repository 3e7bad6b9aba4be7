"""Functions of this package and of others, under langchain-core's path."""

from __future__ import annotations

from ferrule.messages.ids import LC_AUTO_PREFIX, LC_ID_PREFIX, ensure_id
from ferrule.utils.arguments import build_extra_kwargs, get_pydantic_field_names, xor_args
from ferrule.utils.env import convert_to_secret_str, from_env, secret_from_env
from ferrule.utils.packages import guard_import

__all__ = [
    "LC_AUTO_PREFIX",
    "LC_ID_PREFIX",
    "build_extra_kwargs",
    "convert_to_secret_str",
    "ensure_id",
    "from_env",
    "get_pydantic_field_names",
    "guard_import",
    "secret_from_env",
    "xor_args",
]
