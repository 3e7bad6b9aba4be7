"""The parser of XML into nested dicts."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from xml.etree import ElementTree as ET

from ferrule.exceptions import OutputParserException
from ferrule.output_parsers.base import as_generation
from ferrule.output_parsers.format_instructions import XML_INSTRUCTIONS
from ferrule.output_parsers.transform import BaseTransformOutputParser
from ferrule.runnables.addable import AddableDict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_FENCE = re.compile(r"```(?:xml)?(.*)```", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_FIRST_TAG = re.compile(r"<[a-zA-Z:_]")


class XMLOutputParser(BaseTransformOutputParser[dict[str, Any]]):
    """Parse XML into a dict from tag to text, or to a list of such dicts.

    While the text streams, each element without children is handed out when it is closed, inside
    of its ancestors; these pieces add up with `+`.

    Example:
        >>> XMLOutputParser(parser="xml").invoke("<list><item>a</item><item>b</item></list>")
        {'list': [{'item': 'a'}, {'item': 'b'}]}
    """

    _runs_inline: ClassVar[bool] = True

    tags: list[str] | None = None
    """Tags that the format instructions list."""
    parser: Literal["defusedxml", "xml"] = "defusedxml"
    """The library: `defusedxml` refuses documents that are made to exhaust memory, and must be
    installed; `xml` is Python's own, for text from models that you trust."""

    @property
    def _type(self) -> str:
        return "xml"

    def get_format_instructions(self) -> str:
        """Ask for XML with the tags."""
        return XML_INSTRUCTIONS.format(tags=self.tags)

    def parse(self, text: str) -> dict[str, Any]:
        """Return the document as a dict.

        Raises:
            OutputParserException: If it is not well-formed.
            ImportError: If `defusedxml` is asked for and not installed.
        """
        fenced = _FENCE.search(text)
        document = _DECLARATION.sub("", fenced[1] if fenced else text).strip()
        try:
            return _as_dict(_library(self.parser).fromstring(document))
        except ET.ParseError as error:
            msg = f"The answer is not well-formed XML ({error}): {text}"
            raise OutputParserException(msg, llm_output=text) from error

    def _transform(self, input: Iterator[Any]) -> Iterator[Any]:
        reader = _ElementReader(self.parser)
        for chunk in input:
            yield from reader.read(as_generation(chunk).text)

    async def _atransform(self, input: AsyncIterator[Any]) -> AsyncIterator[Any]:
        reader = _ElementReader(self.parser)
        async for chunk in input:
            for element in reader.read(as_generation(chunk).text):
                yield element


class _ElementReader:
    """Finds the elements that are complete in text that arrives in pieces."""

    def __init__(self, library: str) -> None:
        target = None
        if library == "defusedxml":
            target = _library(library).XMLParser(target=ET.TreeBuilder())
        self._pull = ET.XMLPullParser(["start", "end"], _parser=target)
        self._path: list[str] = []
        self._is_leaf = False
        self._before = ""
        self._started = False

    def read(self, text: str) -> Iterator[AddableDict]:
        if not self._started:
            self._before += text
            first = _FIRST_TAG.search(self._before)
            if first is None:
                return
            self._started, text = True, self._before[first.start() :]
        self._pull.feed(text)
        try:
            yield from self._elements()
        except ET.ParseError as error:
            # Text after the document, such as the end of a code fence, is no error of the answer.
            if self._path:
                msg = f"The answer is not well-formed XML: {error}."
                raise OutputParserException(msg, llm_output=text) from error

    def _elements(self) -> Iterator[AddableDict]:
        events: Any = self._pull.read_events()
        for event, element in events:
            if event == "start":
                self._path.append(element.tag)
                self._is_leaf = True
                continue
            if self._is_leaf:
                piece: Any = element.text
                for tag in reversed(self._path[1:]):
                    piece = [{tag: piece}]
                yield AddableDict({self._path[0]: piece})
            self._path.pop()
            self._is_leaf = False


def _library(name: str) -> Any:
    if name == "xml":
        return ET
    try:
        return importlib.import_module("defusedxml.ElementTree")
    except ImportError as error:
        msg = (
            "XMLOutputParser uses the package defusedxml, which is not installed: install it, or "
            'pass parser="xml" if the text can be trusted.'
        )
        raise ImportError(msg) from error


def _as_dict(element: Any) -> dict[str, Any]:
    if element.text and element.text.strip():
        return {element.tag: element.text}
    return {
        element.tag: [
            _as_dict(child) if len(child) else {child.tag: child.text} for child in element
        ]
    }
