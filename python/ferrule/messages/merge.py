"""The rules by which parts of a streamed answer become one.

Every function takes all parts at once and is linear in their total size; merging pairwise from
the left gives the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Content", "merge_content", "merge_dicts", "merge_lists", "merge_obj"]

Content: TypeAlias = "str | list[str | dict[Any, Any]]"

_KEPT_WHEN_EQUAL = frozenset({"id", "output_version", "model_provider"})
_LAST_WINS = frozenset({"index", "created", "timestamp"})


def merge_content(first_content: Content | None, *contents: Content) -> Content:
    """Join contents of messages in order: texts are concatenated, blocks are merged by index.

    The result is a list as soon as one part is a list. An empty text adds nothing.

    Example:
        >>> merge_content("1 + 2", " = 3")
        '1 + 2 = 3'
        >>> merge_content([{"type": "text", "text": "a", "index": 0}],
        ...               [{"type": "text", "text": "b", "index": 0}])
        [{'type': 'text', 'text': 'ab', 'index': 0}]
    """
    parts = ("" if first_content is None else first_content, *contents)
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)  # type: ignore[arg-type]
    blocks = _Blocks()
    text: list[str] = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        blocks.add_text(text)
        blocks.add(part)
    blocks.add_text(text)
    return blocks.merged()


def merge_dicts(left: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """Merge dictionaries key by key.

    Texts are concatenated, numbers that differ are summed, dictionaries and lists are merged in
    turn, `None` gives way to any value, equal values stay. Identifying and temporal keys (`id`,
    `index`, `created`, ...) are kept rather than accumulated. No argument is written to.

    Raises:
        TypeError: If a key has values of different types, or values that cannot be combined.

    Example:
        >>> merge_dicts({"call": {"args": None}}, {"call": {"args": "{"}}, {"call": {"args": "}"}})
        {'call': {'args': '{}'}}
    """
    if not any(others):
        return left.copy()
    grouped: dict[str, list[Any]] = {}
    for part in (left, *others):
        for key, value in part.items():
            values = grouped.get(key)
            if values is None:
                grouped[key] = [value]
            elif value is not None:
                values.append(value)
    return {key: _merge_values(key, values) for key, values in grouped.items()}


def merge_lists(left: list[Any] | None, *others: list[Any] | None) -> list[Any] | None:
    """Concatenate lists, merging dictionaries that carry the same `index`.

    An element joins the latest earlier one with its index, unless both have an `id` and these
    differ. Elements without an index are appended. `None` counts as absent.

    Example:
        >>> merge_lists([{"index": 0, "args": "{"}], [{"index": 0, "args": "}"}, "x"])
        [{'index': 0, 'args': '{}'}, 'x']
    """
    present = [part for part in (left, *others) if part is not None]
    if not present:
        return None
    blocks = _Blocks()
    for part in present:
        blocks.add(part)
    return blocks.merged()


def merge_obj(left: Any, right: Any) -> Any:
    """Merge two values of one type: text, dictionary, list, or any two that are equal.

    `None` gives way to the other value.

    Raises:
        TypeError: If the types differ.
        ValueError: If values of this type can only be merged when equal, and they are not.
    """
    if left is None or right is None:
        return right if left is None else left
    if type(left) is not type(right):
        msg = f"Cannot merge {left!r} with {right!r}: the types differ."
        raise TypeError(msg)
    if isinstance(left, (str, dict, list)):
        return _merge_values("", [left, right])
    if left != right:
        msg = f"Cannot merge {left!r} with {right!r}: only texts, dicts and lists can differ."
        raise ValueError(msg)
    return left


def _merge_values(key: str, values: list[Any]) -> Any:
    if values[0] is None and len(values) > 1:
        values = values[1:]
    first = values[0]
    if len(values) == 1:
        return first
    kind = type(first)
    for value in values:
        if type(value) is not kind:
            msg = (
                f"Cannot merge the values of {key!r}: {first!r} is of type {kind.__name__}, "
                f"{value!r} is of type {type(value).__name__}."
            )
            raise TypeError(msg)
    if isinstance(first, str):
        return _merge_texts(key, values)
    if isinstance(first, dict):
        return merge_dicts(*values)
    if isinstance(first, list):
        return merge_lists(*values)
    return _merge_scalars(key, values)


def _merge_texts(key: str, values: Sequence[str]) -> str:
    if key == "index" and values[0].startswith("lc_"):
        return values[0]
    if key not in _KEPT_WHEN_EQUAL:
        return "".join(values)
    merged = values[0]
    for value in values[1:]:
        if value != merged:
            merged += value
    return merged


def _merge_scalars(key: str, values: Iterable[Any]) -> Any:
    merged, *rest = values
    for value in rest:
        if merged == value:
            continue
        if not isinstance(merged, int) or isinstance(merged, bool):
            msg = (
                f"Cannot merge the values of {key!r}: {merged!r} and {value!r} differ, and "
                f"values of type {type(merged).__name__} cannot be combined."
            )
            raise TypeError(msg)
        merged = value if key in _LAST_WINS else merged + value
    return merged


class _Blocks:
    """A list under construction; elements that belong together wait in one slot."""

    __slots__ = ("_by_index", "_slots", "_started")

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        self._by_index: dict[Any, list[_Slot]] = {}
        self._started = False

    def add_text(self, text: list[str]) -> None:
        """Add collected text, to the last element if that is text; empties `text`."""
        joined = "".join(text)
        text.clear()
        if not joined:
            return
        if self._started and self._slots and isinstance(self._slots[-1].parts[0], str):
            self._slots[-1].parts.append(joined)
        else:
            self._slots.append(_Slot(joined))
        self._started = True

    def add(self, elements: Iterable[Any]) -> None:
        """Add the elements of one part; those of the first part stay apart from each other."""
        elements = tuple(elements)
        for element in elements:
            index = element.get("index") if isinstance(element, dict) else None
            slot = self._find(index, element) if self._started else None
            if slot is not None:
                slot.join(element)
                continue
            slot = _Slot(element)
            self._slots.append(slot)
            if isinstance(index, (int, str)):
                self._by_index.setdefault(index, []).append(slot)
        self._started = True

    def _find(self, index: Any, element: dict[str, Any]) -> _Slot | None:
        if not (isinstance(index, int) or (isinstance(index, str) and index.startswith("lc_"))):
            return None
        given = element.get("id") or None
        for slot in reversed(self._by_index.get(index, ())):
            if given is None or slot.id is None or slot.id == given:
                return slot
        return None

    def merged(self) -> list[Any]:
        return [slot.merged() for slot in self._slots]


class _Slot:
    """Parts that become one element: texts, or dictionaries of one index."""

    __slots__ = ("id", "kind", "parts")

    def __init__(self, first: Any) -> None:
        self.parts = [first]
        is_block = isinstance(first, dict)
        self.id = (first.get("id") or None) if is_block else None
        self.kind = first.get("type") if is_block else None

    def join(self, block: dict[str, Any]) -> None:
        self.id = self.id or block.get("id") or None
        if self.kind and block.get("type") == "non_standard" and "value" in block:
            # A provider's own data about a block that already has a type of its own.
            value = {key: item for key, item in block["value"].items() if key != "type"}
            if self.kind == "non_standard":
                block = {"value": value, "index": block["index"]}
            else:
                block = {"extras": value}
        elif "type" in block:
            block = {key: item for key, item in block.items() if key != "type"}
        self.parts.append(block)

    def merged(self) -> Any:
        first, *rest = self.parts
        if not rest:
            return first
        return "".join(self.parts) if isinstance(first, str) else merge_dicts(first, *rest)
