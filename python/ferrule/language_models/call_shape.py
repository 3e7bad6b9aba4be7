"""The shapes in which a model is called: one setting for all prompts or one for each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from ferrule.callbacks import BaseCallbackManager
from ferrule.runnables.config import ensure_config
from ferrule.runnables.signature import accepts_run_manager

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ferrule.runnables import RunnableConfig

__all__ = ["arguments_of", "configs_per_prompt", "run_manager_argument"]


def run_manager_argument(method: Callable[..., Any], run_manager: Any) -> dict[str, Any]:
    """Return the run manager as a keyword, if the method of a model's class names it."""
    function = getattr(method, "__func__", method)
    return {"run_manager": run_manager} if _names_run_manager(function) else {}


_names_run_manager = lru_cache(maxsize=512)(accepts_run_manager)


def configs_per_prompt(
    count: int, *, callbacks: Any = None, run_id: Any = None, **shared: Any
) -> list[RunnableConfig]:
    """Return one config for each of `count` prompts.

    Args:
        count: How many prompts there are.
        callbacks: One value for all prompts, or a list with a list of handlers, a manager or None
            for each. In the second form every other setting must be such a list, too.
        run_id: Id of the first run, or a list with an id or None for each.
        **shared: `tags`, `metadata` and `run_name`; None is left out.

    Raises:
        ValueError: If a list does not have one value for each prompt.
    """
    ids = run_id if isinstance(run_id, list) else [run_id, *[None] * (count - 1)][:count]
    _check_length("run_id", ids, count)
    settings = {"callbacks": callbacks, **shared}
    if _is_per_prompt(callbacks):
        for name, values in settings.items():
            if values is not None:
                _check_length(name, values, count)
        rows = [
            {name: values[index] for name, values in settings.items() if values is not None}
            for index in range(count)
        ]
    else:
        rows = [settings] * count
    full = ({**row, "run_id": own} for row, own in zip(rows, ids, strict=True))
    return [
        cast("RunnableConfig", {key: value for key, value in row.items() if value is not None})
        for row in full
    ]


def arguments_of(configs: Sequence[RunnableConfig | None]) -> dict[str, Any]:
    """Return what `generate` is to be told of the configs of its prompts.

    A single prompt's settings are told as they are, those of several as lists.
    """
    rows = [ensure_config(config) for config in configs]
    told = {name: [row.get(name) for row in rows] for name in _TOLD}
    return told if len(rows) > 1 else {name: value for name, (value,) in told.items()}


def _is_per_prompt(callbacks: Any) -> bool:
    if not isinstance(callbacks, list) or not callbacks:
        return False
    return callbacks[0] is None or isinstance(callbacks[0], list | BaseCallbackManager)


_TOLD = ("callbacks", "tags", "metadata", "run_name", "run_id")


def _check_length(name: str, values: Any, count: int) -> None:
    if not isinstance(values, list) or len(values) != count:
        msg = f"{name} must be a list with one value for each of the {count} prompts: {values!r}."
        raise ValueError(msg)
