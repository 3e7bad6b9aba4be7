"""Parsers of lists: comma separated, numbered, Markdown bullets."""

from __future__ import annotations

import csv
import re
from abc import abstractmethod
from io import StringIO
from typing import TYPE_CHECKING, Any, ClassVar

from ferrule.output_parsers.base import as_generation
from ferrule.output_parsers.transform import BaseTransformOutputParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# A field of a comma separated list that is closed. Quotes at its start may hold commas and
# newlines; they are looked for once, before the rest, and are not taken for text afterwards.
_FIELD = re.compile(r'(?=( *(?:"[^"]*(?:""[^"]*)*(?:"|\Z))?))\1[^,\n]*[,\n]')


class ListOutputParser(BaseTransformOutputParser[list[str]]):
    """A parser of lists that streams each item, as a list of one, once it is complete."""

    @property
    def _type(self) -> str:
        return "list"

    @abstractmethod
    def parse(self, text: str) -> list[str]:
        """Return the items of the list in `text`."""

    def parse_iter(self, text: str) -> Iterator[re.Match[str]]:
        """Yield a match per item, with the item as group 1: finer streaming, where it is possible.

        Raises:
            NotImplementedError: If the parser knows no such pattern; then `parse` is used.
        """
        msg = f"{type(self).__name__} finds its items without a pattern; use `parse`."
        raise NotImplementedError(msg)

    def _take(self, buffer: str, begun: bool) -> tuple[list[str], str]:
        """Split off the items that no further text can change; the last one may still grow.

        Args:
            buffer: What came, without what was split off.
            begun: Whether items were split off before.

        Returns:
            The items, and what stays in the buffer.
        """
        del begun
        try:
            done = list(self.parse_iter(buffer))[:-1]
        except NotImplementedError:
            items = self.parse(buffer)
            return (items[:-1], items[-1]) if len(items) > 1 else ([], buffer)
        return [match.group(1) for match in done], buffer[done[-1].end() if done else 0 :]

    def _items(self, buffer: str, begun: bool) -> list[str]:
        """Return the items of what stays in the buffer; see `_take`."""
        del begun
        return self.parse(buffer)

    def _transform(self, input: Iterator[Any]) -> Iterator[list[str]]:
        buffer, begun = "", False
        for chunk in input:
            items, buffer = self._take(buffer + as_generation(chunk).text, begun)
            begun = begun or bool(items)
            for item in items:
                yield [item]
        for item in self._items(buffer, begun):
            yield [item]

    async def _atransform(self, input: AsyncIterator[Any]) -> AsyncIterator[list[str]]:
        buffer, begun = "", False
        async for chunk in input:
            items, buffer = self._take(buffer + as_generation(chunk).text, begun)
            begun = begun or bool(items)
            for item in items:
                yield [item]
        for item in self._items(buffer, begun):
            yield [item]


class CommaSeparatedListOutputParser(ListOutputParser):
    """Parse values between commas; a value in double quotes may hold commas itself.

    Example:
        >>> CommaSeparatedListOutputParser().invoke('red, "green, or blue", black')
        ['red', 'green, or blue', 'black']
    """

    _runs_inline: ClassVar[bool] = True

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """The parser has no state, so it can be stored by name."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """The path under which stored chains look the parser up."""
        return ["langchain", "output_parsers", "list"]

    @property
    def _type(self) -> str:
        return "comma-separated-list"

    def get_format_instructions(self) -> str:
        """Ask for values between commas."""
        return "Answer with the values alone, separated by commas, for example: `foo, bar, baz`"

    def parse(self, text: str) -> list[str]:
        """Return the values, without the spaces after commas and without quotes."""
        try:
            rows = csv.reader(StringIO(text), skipinitialspace=True)
            return [value for row in rows for value in row]
        except csv.Error:
            # A field larger than the csv module's limit, or a stray carriage return.
            return [value.strip() for value in text.split(",")]

    def _take(self, buffer: str, begun: bool) -> tuple[list[str], str]:
        # What closed the last value stays: a value comes after a comma, even if no text does.
        start = end = int(begun)
        while field := _FIELD.match(buffer, end):
            end = field.end()
        if end == start:
            return [], buffer
        items = self._items(buffer[:end], begun)
        return items[:-1] if buffer[end - 1] == "," else items, buffer[end - 1 :]

    def _items(self, buffer: str, begun: bool) -> list[str]:
        items = self.parse(buffer)
        return items[1:] if begun and buffer.startswith(",") else items


class NumberedListOutputParser(ListOutputParser):
    r"""Parse lines such as `1. first`.

    Example:
        >>> NumberedListOutputParser().invoke("Colours:\n1. red\n2. blue")
        ['red', 'blue']
    """

    _runs_inline: ClassVar[bool] = True

    pattern: str = r"\d+\.\s([^\n]+)"
    """Regular expression of an item, with its text as group 1."""

    @property
    def _type(self) -> str:
        return "numbered-list"

    def get_format_instructions(self) -> str:
        """Ask for one numbered item per line."""
        return "Answer with a numbered list, one item per line:\n\n1. foo\n\n2. bar\n\n3. baz"

    def parse(self, text: str) -> list[str]:
        """Return the text of each numbered item."""
        return re.findall(self.pattern, text)

    def parse_iter(self, text: str) -> Iterator[re.Match[str]]:
        """Yield a match per numbered item."""
        return re.finditer(self.pattern, text)


class MarkdownListOutputParser(ListOutputParser):
    r"""Parse lines such as `- first` or `* first`.

    Example:
        >>> MarkdownListOutputParser().invoke("- red\n* blue")
        ['red', 'blue']
    """

    _runs_inline: ClassVar[bool] = True

    pattern: str = r"^\s*[-*]\s([^\n]+)$"
    """Regular expression of an item's line, with its text as group 1."""

    @property
    def _type(self) -> str:
        return "markdown-list"

    def get_format_instructions(self) -> str:
        """Ask for one bullet per line."""
        return "Answer with a Markdown list, one item per line, for example: `- foo\n- bar\n- baz`"

    def parse(self, text: str) -> list[str]:
        """Return the text of each bullet."""
        return re.findall(self.pattern, text, re.MULTILINE)

    def parse_iter(self, text: str) -> Iterator[re.Match[str]]:
        """Yield a match per bullet."""
        return re.finditer(self.pattern, text, re.MULTILINE)
