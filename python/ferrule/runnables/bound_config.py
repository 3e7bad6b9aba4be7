"""Merge configs that are bound, before there is a call.

Unlike merging for a call, nothing is filled in: what neither config sets stays unset, so that
the surrounding run or the call may set it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ferrule._core import check_config, merge_configs

if TYPE_CHECKING:
    from ferrule.runnables.config import RunnableConfig


def config_to_bind(config: RunnableConfig | None, keys: dict[str, Any]) -> RunnableConfig:
    """Join what `with_config` takes: a config, and single keys, which win.

    Raises:
        TypeError: The config is no dict, or a value has the wrong type.
        ValueError: A value cannot be.
    """
    check_config(config)
    given = cast("RunnableConfig", {**(config or {}), **keys})
    check_config(given)
    return given


def merge_bound(inner: RunnableConfig, outer: RunnableConfig) -> RunnableConfig:
    """Merge two bound configs into a new one; the outer, later one wins where one must.

    Callbacks add up, each handler once; tags are united in order; metadata and configurable
    values are merged key by key; of other values the outer one counts.

    Example:
        >>> merge_bound({"tags": ["a"], "run_name": "x"}, {"tags": ["b"], "run_name": "y"})
        {'tags': ['a', 'b'], 'run_name': 'y'}
    """
    merged = merge_configs(inner, outer)
    if (limit := outer.get("recursion_limit")) is not None:
        # For a call the default gives way, as complete configs have it; here nothing is filled in.
        merged["recursion_limit"] = limit
    return cast(
        "RunnableConfig",
        {key: value for key, value in merged.items() if key in inner or key in outer},
    )
