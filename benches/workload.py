"""What a workload is: a name, and a function from a library to the call that is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["WORKLOADS", "Workload", "workload"]


@dataclass(frozen=True)
class Workload:
    """One operation that every contestant performs."""

    name: str
    build: Callable[[Any], Callable[[], Any]]
    """Takes a library and returns the call. All that is not to be measured happens in here."""
    count: int
    """Units in one call: results are per unit."""
    unit: str
    is_wall: bool
    """Measured on the wall clock, since threads or sleep take part; otherwise in CPU time."""
    is_async: bool
    """The call returns an awaitable, which is awaited in a running event loop."""
    has_floor: bool


WORKLOADS: dict[str, Workload] = {}
"""Every workload by name, in the order of the results page. `benches.scenarios` fills it."""


def workload(
    name: str,
    *,
    each: Sequence[Any] = ((),),
    count: int = 1,
    unit: str = "call",
    wall: bool = False,
    asynchronous: bool = False,
    floor: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a workload, or as several.

    Args:
        name: The name; `{}` stands for an item of `each`.
        each: What to pass on after the library, a value or a tuple of values, per workload. The
            first value goes into the name.
        count: Units that one call performs.
        unit: What a unit is.
        wall: Whether the wall clock decides.
        asynchronous: Whether the call returns an awaitable.
        floor: Whether the floor can do it.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for item in each:
            arguments = item if isinstance(item, tuple) else (item,)
            full_name = name.format(*arguments[:1])
            if full_name in WORKLOADS:
                raise ValueError(f"There are two workloads named {full_name!r}.")
            WORKLOADS[full_name] = Workload(
                name=full_name,
                build=lambda names, arguments=arguments: function(names, *arguments),
                count=count,
                unit=unit,
                is_wall=wall,
                is_async=asynchronous,
                has_floor=floor,
            )
        return function

    return register
