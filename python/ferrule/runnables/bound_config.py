"""Merge configs that are bound, before there is a call.

Unlike merging for a call, nothing is filled in: what neither config sets stays unset, so that
the surrounding run or the call may set it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def one_per_input(
    config: RunnableConfig | Sequence[RunnableConfig] | None, count: int
) -> list[RunnableConfig | None]:
    """Hand out the config of a batch; its `run_id` belongs to the first input alone.

    Raises:
        ValueError: There is a list of configs, but not one for each input.
    """
    if isinstance(config, Sequence):
        if len(config) != count:
            msg = f"There are {count} inputs but {len(config)} configs; give one for each input."
            raise ValueError(msg)
        return list(config)
    if config is None or config.get("run_id") is None or count <= 1:
        return [config] * count
    rest = cast(
        "RunnableConfig",
        {key: value for key, value in cast("Mapping[str, Any]", config).items() if key != "run_id"},
    )
    return [config, *[rest] * (count - 1)]
