"""Which runs a stream of events or of log entries tells about."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["RunFilter"]


class RunFilter:
    """Choose runs by name, type and tag.

    With no `include_*`, every run is included; otherwise those that any of them includes. What
    any `exclude_*` names is left out in either case.

    The types are `chain`, `chat_model`, `llm`, `prompt`, `parser`, `retriever` and `tool`; what a
    runnable of one's own gives as `run_type`; and, for a custom event, the event's name. So a
    type that nothing has is no error: it chooses nothing.

    Raises:
        TypeError: A choice is a single string instead of a list.

    Example:
        >>> chosen = RunFilter(include_types=["chat_model"], exclude_tags=["quiet"])
        >>> chosen.accepts("model", "chat_model", [])
        True
        >>> chosen.accepts("model", "chat_model", ["quiet"])
        False
    """

    def __init__(
        self,
        *,
        include_names: Sequence[str] | None = None,
        include_types: Sequence[str] | None = None,
        include_tags: Sequence[str] | None = None,
        exclude_names: Sequence[str] | None = None,
        exclude_types: Sequence[str] | None = None,
        exclude_tags: Sequence[str] | None = None,
    ) -> None:
        self._included = _Chosen("include", include_names, include_types, include_tags)
        self._excluded = _Chosen("exclude", exclude_names, exclude_types, exclude_tags)

    @classmethod
    def taken_from(cls, options: Mapping[str, Any]) -> tuple[RunFilter, dict[str, Any]]:
        """Make a filter of the options that are meant for it; return the others as well."""
        rest = dict(options)
        filters = {name: rest.pop(name) for name in options if name in _OPTIONS}
        return cls(**filters), rest

    def accepts(self, name: str, run_type: str, tags: Sequence[str]) -> bool:
        """Tell whether a run is one of those to tell about."""
        if self._included.anything and not self._included.has(name, run_type, tags):
            return False
        return not self._excluded.has(name, run_type, tags)


_KINDS = ("names", "types", "tags")
_OPTIONS = frozenset(f"{verdict}_{what}" for verdict in ("include", "exclude") for what in _KINDS)


class _Chosen:
    def __init__(self, verdict: str, *choices: Sequence[str] | None) -> None:
        for kind, choice in zip(_KINDS, choices, strict=True):
            if isinstance(choice, str) or not isinstance(choice, (Iterable, NoneType)):
                msg = (
                    f"{verdict}_{kind} is a list of strings, but got {choice!r} "
                    f"({type(choice).__name__})."
                )
                raise TypeError(msg)
        self.anything = any(choice is not None for choice in choices)
        self._names, self._types, self._tags = (frozenset(choice or ()) for choice in choices)

    def has(self, name: str, run_type: str, tags: Collection[str]) -> bool:
        return name in self._names or run_type in self._types or not self._tags.isdisjoint(tags)
