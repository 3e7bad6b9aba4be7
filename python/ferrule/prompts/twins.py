"""Positional twins of the formatting methods, for prompts that format through several layers.

`format(**kwargs)` and its kin are what users call and override, but every `**` copies the values,
and half of the time of a small chat prompt would go there. So the layers call each other through
twins that take the values as one mapping. A class that overrides the public method gets a twin
that goes through the override; so a public method calls the twin of its own class by name, since an
override that calls `super()` would meet itself again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def keep_twins(cls: type, twins: Mapping[str, str], watched: tuple[str, ...] = ()) -> None:
    """Point the twins of a new class at the public methods that it overrides.

    Args:
        cls: The class.
        twins: Public method to its twin.
        watched: Further methods whose override all twins must go through.
    """
    own = vars(cls)
    for public, twin in twins.items():
        if twin not in own and any(name in own for name in (public, *watched)):
            setattr(cls, twin, _through(public))


def _through(public: str) -> Any:
    def twin(self: Any, values: Mapping[str, Any]) -> Any:
        return getattr(self, public)(**values)

    return twin
