"""Templates in f-string form: `{name}`, `{name!r:>10}`, and doubled braces for literal ones.

A field may hold a plain name only. Attribute and index access would let whoever writes a template
read the insides of the values that are put into it, so they are refused when a template is parsed.
"""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

from ferrule.prompts.display import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONVERSIONS = ("r", "s", "a")
_ESCAPE_HINT = "Write literal braces doubled, as in '{{' and '}}'."


def parse_f_string(template: str) -> tuple[set[str], Callable[[Mapping[str, Any]], str]]:
    """Check a template and return its variables and the function that fills it.

    Raises:
        ValueError: If a field is anything but a plain name, or a brace has no partner. The error
            names the template and the field or the position.
    """
    try:
        fields = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise ValueError(_brace_fault(template, str(error))) from None
    for name, spec, conversion in fields:
        fault = _field_fault(name or "", spec or "", conversion)
        if fault is not None:
            msg = f"The f-string template {shown(template)} has {fault}"
            raise ValueError(msg)
    # What is left is exactly what `str.format_map` fills, at the speed of C.
    return {name for name, _, _ in fields if name}, template.format_map


def escape_f_string(text: str) -> str:
    """Double the braces of `text`, so that it stands for itself in an f-string template.

    Example:
        >>> escape_f_string('{"a": 1}')
        '{{"a": 1}}'
    """
    return text.replace("{", "{{").replace("}", "}}")


def _field_fault(name: str, spec: str, conversion: str | None) -> str | None:
    # A name is a key of the caller's mapping, where a hyphen does no harm. Everything else that is
    # no identifier comes from JSON or code that stands in a template without its braces doubled.
    is_name = name.replace("-", "_").isidentifier()
    field = f"the field {{{name}}}"
    faults = {
        f"a field without a name: give the variable a name. {_ESCAPE_HINT}": not name,
        f"the positional field {{{name}}}: variables need a name. {_ESCAPE_HINT}": name.isdigit(),
        f"{field}: a field holds a plain variable name, without attribute or index access. Pass "
        f"the value itself as a variable. {_ESCAPE_HINT}": any(sign in name for sign in ".[]"),
        f"{field}, whose name is no variable name: those have letters, digits, '_' and '-', and "
        f"begin with no digit. {_ESCAPE_HINT}": not is_name,
        f"the field {{{name}:{spec}}}: a format specifier cannot hold fields of its own. Write "
        "the width and precision out.": "{" in spec or "}" in spec,
        f"{field} with the conversion {conversion!r}: there are only !r, !s and !a.": (
            conversion is not None and conversion not in _CONVERSIONS
        ),
    }
    return next((fault for fault, found in faults.items() if found), None)


def _brace_fault(template: str, reason: str) -> str:
    subject = f"The f-string template {shown(template)}"
    position, opened = _lone_brace(template)
    if position is None:
        return f"{subject} cannot be parsed ({reason}). {_ESCAPE_HINT}"
    where = f"at position {position} ({_around(template, position)})"
    if opened:
        return f"{subject} opens a brace {where} that is never closed. {_ESCAPE_HINT}"
    return f"{subject} closes a brace {where} that was never opened. {_ESCAPE_HINT}"


def _lone_brace(template: str) -> tuple[int | None, bool]:
    """Find the brace without partner: its position, and whether it is an opening one."""
    position, depth, opened_at = 0, 0, 0
    while position < len(template):
        sign = template[position]
        if depth == 0 and sign in "{}" and template[position + 1 : position + 2] == sign:
            position += 2
            continue
        if sign == "{":
            opened_at = opened_at if depth else position
            depth += 1
        elif sign == "}":
            if depth == 0:
                return position, False
            depth -= 1
        position += 1
    return (opened_at, True) if depth else (None, False)


def _around(template: str, position: int) -> str:
    return repr(template[max(0, position - 10) : position + 10])
