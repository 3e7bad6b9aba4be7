"""The parser that returns the text itself."""

from __future__ import annotations

from typing import ClassVar

from ferrule.output_parsers.transform import BaseTransformOutputParser


class StrOutputParser(BaseTransformOutputParser[str]):
    """Take the text out of what a model says, chunk by chunk while it streams.

    Example:
        >>> from ferrule.messages import AIMessage
        >>> StrOutputParser().invoke(AIMessage("four"))
        'four'
    """

    _runs_inline: ClassVar[bool] = True

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """The parser has no state, so it can be stored by name."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """The path under which stored chains look the parser up."""
        return ["langchain", "schema", "output_parser"]

    @property
    def _type(self) -> str:
        return "default"

    def parse(self, text: str) -> str:
        """Return `text` as it is."""
        return text
