"""Google-style docstrings: the description, and what is said of each argument."""

from __future__ import annotations

import re

_HEADING = re.compile(
    r"^(Args|Arguments|Parameters|Returns?|Yields?|Raises|Examples?|Attributes):[ \t]*",
    re.MULTILINE,
)
_ARGUMENTS = frozenset({"Args", "Arguments", "Parameters"})
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*\n")
_TYPED_NAME = re.compile(r"(\*{0,2}\w+)[ \t]+\(.*\)$")


def parse_google_docstring(docstring: str) -> tuple[str, dict[str, str] | None]:
    r"""Split a docstring that was cleaned by `inspect.getdoc`.

    Returns:
        The text before the first section, its paragraphs joined by spaces; and the arguments of
        the section `Args:` with their texts, or None if there is no such section.

    Example:
        >>> parse_google_docstring("Add.\n\nArgs:\n    x (int): The first\n        number.")
        ('Add.', {'x': 'The first number.'})
    """
    headings = list(_HEADING.finditer(docstring))
    intro = docstring[: headings[0].start()] if headings else docstring
    description = " ".join(_PARAGRAPH_BREAK.split(intro.strip()))
    bounds = [*(heading.start() for heading in headings), len(docstring)]
    for heading, end in zip(headings, bounds[1:], strict=True):
        if heading[1] in _ARGUMENTS:
            return description, _arguments(docstring[heading.end() : end])
    return description, None


def _arguments(section: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    margin: int | None = None
    for line in section.splitlines():
        text = line.strip()
        if not text:
            continue
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            break  # back at the margin of the docstring: the section is over
        if margin is None:
            margin = indent
        if indent <= margin and ":" in text:
            name, _, said = text.partition(":")
            typed = _TYPED_NAME.match(name.strip())
            lines = found[typed[1] if typed else name.strip()] = [said.strip()]
        elif lines is not None:
            lines.append(text)
    return {name: " ".join(filter(None, said)) for name, said in found.items()}
