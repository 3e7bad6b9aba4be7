"""Merge configs that are bound, before there is a call.

Unlike merging for a call, nothing is filled in: what neither config sets stays unset, so that
the surrounding run or the call may set it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ferrule.runnables.config import RunnableConfig


def merge_bound(inner: RunnableConfig, outer: RunnableConfig) -> RunnableConfig:
    """Merge two bound configs into a new one; the outer, later one wins where one must.

    Callbacks add up, each handler once; tags are united in order; metadata and configurable
    values are merged key by key; of other values the outer one counts.

    Example:
        >>> merge_bound({"tags": ["a"], "run_name": "x"}, {"tags": ["b"], "run_name": "y"})
        {'tags': ['a', 'b'], 'run_name': 'y'}
    """
    merged: dict[str, Any] = {**inner, **{k: v for k, v in outer.items() if v is not None}}
    for key in ("tags", "metadata", "configurable", "callbacks"):
        first, second = inner.get(key), outer.get(key)
        if first is None or second is None:
            continue
        if key == "tags":
            merged[key] = list(dict.fromkeys((*first, *second)))
        elif key == "callbacks":
            merged[key] = _callbacks(first, second)
        else:
            merged[key] = {**first, **second}
    return cast("RunnableConfig", merged)


def _callbacks(first: Any, second: Any) -> Any:
    """Add up two values of `callbacks`, each a list of handlers or a manager."""
    if _is_list(first) and _is_list(second):
        return _once([*first, *second])
    if not _is_list(first) and not _is_list(second):
        return first.merge(second)
    manager, handlers = (second, first) if _is_list(first) else (first, second)
    total = manager.copy()
    for handler in handlers:
        total.add_handler(handler, inherit=True)
    return total


def _is_list(callbacks: Any) -> bool:
    return isinstance(callbacks, (list, tuple))


def _once(handlers: Iterable[Any]) -> list[Any]:
    return list({id(handler): handler for handler in handlers}.values())


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
    if config is None or config.get("run_id") is None or count < 2:  # noqa: PLR2004
        return [config] * count
    rest = cast(
        "RunnableConfig",
        {key: value for key, value in cast("Mapping[str, Any]", config).items() if key != "run_id"},
    )
    return [config, *[rest] * (count - 1)]
