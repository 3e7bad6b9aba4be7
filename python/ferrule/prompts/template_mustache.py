"""Templates in mustache form (https://mustache.github.io): variables, sections, comments.

Dotted names reach into mappings, lists and tuples only, never into attributes of objects. Values of
`{{name}}` are HTML-escaped as the format demands; `{{{name}}}` and `{{&name}}` are not. Partials
are refused, since there is nowhere to load them from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Union, cast

from ferrule.prompts.display import shown

if TYPE_CHECKING:
    from collections.abc import Callable

Scopes = tuple[Any, ...]
"""What names are looked up in, innermost first."""

_MISSING = object()


@dataclass
class Variable:
    """A value to be inserted."""

    name: str
    escaped: bool

    def render(self, scopes: Scopes) -> str:
        """Return the value as text; nothing for a missing one."""
        text = _as_text(_look_up(self.name, scopes))
        return _escape(text) if self.escaped else text


@dataclass
class Section:
    """A part that is shown once, for each item of a list, or not at all."""

    name: str
    inverted: bool
    line: int
    """Line of the opening tag."""
    starts_at: int
    """Position behind the opening tag."""
    delimiters: tuple[str, str]
    nodes: list[Node] = field(default_factory=list)
    source: str = ""
    """Text of the part as it stands in the template; what a function as value gets."""

    def render(self, scopes: Scopes) -> str:
        """Return the part as often as the value asks for."""
        value = _look_up(self.name, scopes)
        if value is _MISSING:
            value = None
        if self.inverted:
            return "" if value else _render(self.nodes, scopes)
        if callable(value):
            return str(value(self.source, lambda text: self._render_source(text, scopes)))
        if isinstance(value, (Sequence, Iterator)) and not isinstance(value, (str, bytes)):
            return "".join(_render(self.nodes, (item, *scopes)) for item in value)
        return _render(self.nodes, (value, *scopes)) if value else ""

    def _render_source(self, text: str, scopes: Scopes) -> str:
        return _render(_Parser(text, self.delimiters).parse(), scopes)


Node = Union[str, Variable, Section]  # noqa: UP007  a runtime alias on 3.10


def parse_mustache(template: str) -> tuple[set[str], Callable[[Mapping[str, Any]], str]]:
    """Check a template and return its top-level variables and the function that fills it.

    Raises:
        ValueError: If a tag is empty, never closed, closed in the wrong order, or a partial. The
            error names the line and the tag.
    """
    nodes = mustache_nodes(template)
    names = {
        node.name.split(".")[0] for node in nodes if not isinstance(node, str) and node.name != "."
    }
    return names, lambda values: _render(nodes, (values,))


def mustache_formatter(template: str, /, **kwargs: Any) -> str:
    """Fill a mustache template.

    Raises:
        ValueError: If the template is malformed.

    Example:
        >>> mustache_formatter("{{#each}}{{name}} {{/each}}", each=[{"name": "Ada"}])
        'Ada '
    """
    return parse_mustache(template)[1](kwargs)


def mustache_template_vars(template: str) -> set[str]:
    """Name the top-level variables of a mustache template: for `{{user.name}}`, `user`.

    Raises:
        ValueError: If the template is malformed.
    """
    return parse_mustache(template)[0]


def mustache_nodes(template: str) -> list[Node]:
    """Parse a template into literal text, variables and sections."""
    return _Parser(template, ("{{", "}}")).parse()


def _render(nodes: list[Node], scopes: Scopes) -> str:
    return "".join(node if isinstance(node, str) else node.render(scopes) for node in nodes)


def _look_up(name: str, scopes: Scopes) -> Any:
    if name == ".":
        return scopes[0]
    path = name.split(".")
    for scope in scopes:
        value = scope
        for key in path:
            value = _step(value, key)
            if value is _MISSING:
                break
        else:
            return value
    return _MISSING


def _step(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        # Not `get`: a defaultdict fills its gaps on access only.
        try:
            return cast("Any", value)[key]
        except KeyError:
            return _MISSING
    if isinstance(value, (list, tuple)) and key.isdecimal() and int(key) < len(value):
        return cast("Any", value)[int(key)]
    return _MISSING


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is _MISSING or (isinstance(value, Sized) and not len(value)):
        return ""
    return str(value)


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace('"', "&quot;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


class _Parser:
    """One pass over a template, with the sections that are open."""

    def __init__(self, template: str, delimiters: tuple[str, str]) -> None:
        self.template = template
        self.delimiters = delimiters
        self.position = 0
        self.nodes: list[Node] = []
        self.open: list[Section] = []

    def parse(self) -> list[Node]:
        while (start := self.template.find(self.delimiters[0], self.position)) >= 0:
            sign, name, end = self._tag(start)
            before, after = start, end
            if sign not in ("", "&", "{"):
                before, after = self._without_own_line(start, end)
            self._append(self.template[self.position : before])
            self.position = after
            if sign == "/":
                self._close(name, start, before)
            else:
                self._act(sign, name, start)
        self._append(self.template[self.position :])
        if self.open:
            section = self.open[-1]
            self._fail(f"opens the section {section.name!r}, which is never closed", section.line)
        return self.nodes

    def _tag(self, start: int) -> tuple[str, str, int]:
        """Read the tag at `start`: its sign, its name, and where it ends."""
        left, right = self.delimiters
        inside = start + len(left)
        sign = self.template[inside : inside + 1]
        if sign == "{" and left == "{{":
            right = "}}}"
        elif sign == "=":
            right = f"={right}"
        elif sign not in ("#", "^", "/", ">", "!", "&"):
            sign = ""
        stop = self.template.find(right, inside + len(sign))
        if stop < 0:
            self._fail(f"opens a tag that is never closed with {right!r}", self._line(start))
        name = self.template[inside + len(sign) : stop].strip()
        if not name and sign != "!":
            self._fail("has a tag without a name", self._line(start))
        return sign, name, stop + len(right)

    def _act(self, sign: str, name: str, start: int) -> None:
        line = self._line(start)
        if sign in ("", "&", "{"):
            self._append(Variable(name, escaped=not sign))
        elif sign in ("#", "^"):
            section = Section(name, sign == "^", line, self.position, self.delimiters)
            self._append(section)
            self.open.append(section)
        elif sign == "=":
            pair = name.split()
            if len(pair) != 2 or "=" in name:  # noqa: PLR2004  left and right
                self._fail(f"sets the delimiters to {name!r}, which is no pair of them", line)
            self.delimiters = (pair[0], pair[1])
        elif sign == ">":
            self._fail(f"asks for the partial {name!r}, and partials are not supported", line)

    def _close(self, name: str, start: int, content_end: int) -> None:
        line = self._line(start)
        if not self.open:
            self._fail(f"closes the section {name!r}, which is not open", line)
        section = self.open.pop()
        if section.name != name:
            open_one = f"{section.name!r} of line {section.line}"
            self._fail(f"closes the section {name!r} while {open_one} is open", line)
        section.source = self.template[section.starts_at : content_end]

    def _append(self, node: Node) -> None:
        if node:
            (self.open[-1].nodes if self.open else self.nodes).append(node)

    def _without_own_line(self, start: int, end: int) -> tuple[int, int]:
        """Widen a tag that stands alone on its line to the whole line."""
        line_start = self.template.rfind("\n", 0, start) + 1
        newline = self.template.find("\n", end)
        line_end = len(self.template) if newline < 0 else newline + 1
        around = self.template[line_start:start] + self.template[end:line_end]
        return (start, end) if around.strip() else (line_start, line_end)

    def _line(self, position: int) -> int:
        return self.template.count("\n", 0, position) + 1

    def _fail(self, what: str, line: int) -> NoReturn:
        msg = f"The mustache template {shown(self.template)} {what} (line {line})."
        raise ValueError(msg)
