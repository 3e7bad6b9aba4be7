"""The three template formats behind one door: what a template needs, and how to fill it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ferrule._lazy import later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PromptTemplateFormat = Literal["f-string", "mustache", "jinja2"]
"""How a template marks its variables."""


class CompiledTemplate(NamedTuple):
    """A template that has been checked and is ready to be filled."""

    variables: tuple[str, ...]
    """Names of the variables, sorted."""
    render: Callable[[Mapping[str, Any]], str]
    """Fill the template; surplus values are ignored."""


# What a format needs is loaded with the first template in it.
_later = later(
    __name__,
    {
        "ferrule.prompts.template_fstring": "parse_f_string",
        "ferrule.prompts.template_jinja2": "parse_jinja2 validate_jinja2",
        "ferrule.prompts.template_mustache": "parse_mustache",
    },
)

_PARSERS = {"f-string": "parse_f_string", "mustache": "parse_mustache", "jinja2": "parse_jinja2"}
"""The functions that check templates, and return their variables and what fills them."""


# Templates are few and are filled often. The cache, rather than a field of each prompt, keeps
# prompts plain data: they can be pickled, copied and changed without going stale.
@lru_cache(maxsize=4096)
def compile_template(template: str, template_format: str) -> CompiledTemplate:
    """Check a template and make it ready to be filled; remembered for the next call.

    Raises:
        ValueError: If the format is unknown or the template is malformed.
    """
    parse = _PARSERS.get(template_format)
    if parse is None:
        known = ", ".join(repr(name) for name in _PARSERS)
        msg = f"There is no template format {template_format!r}: use one of {known}."
        raise ValueError(msg)
    variables, render = _later(parse)(template)
    return CompiledTemplate(tuple(sorted(variables)), render)


def get_template_variables(template: str, template_format: str) -> list[str]:
    """List the variables of a template, sorted.

    Of a mustache template these are the top-level names: for `{{user.name}}`, `user`.

    Raises:
        TypeError: If the template is not a string.
        ValueError: If the format is unknown or the template is malformed.

    Example:
        >>> get_template_variables("{greeting}, {name}!", "f-string")
        ['greeting', 'name']
    """
    if not isinstance(template, str):
        msg = (  # type: ignore[unreachable]
            f"A template is a string, not {type(template).__name__}: {template!r}."
        )
        raise TypeError(msg)
    return list(compile_template(template, template_format).variables)


def check_valid_template(
    template: str,
    template_format: str,
    input_variables: Iterable[str],
    *,
    allow_surplus: bool = False,
) -> None:
    """Compare the variables of a template with the ones that it is said to have.

    For jinja2, whose variables cannot always be told in advance, a difference is a warning.

    Args:
        template: The template.
        template_format: `"f-string"` or `"jinja2"`.
        input_variables: The names that will be given when the template is filled.
        allow_surplus: Whether names that the template does not use are fine.

    Raises:
        ValueError: If the variables differ, the template is malformed, or the format is mustache,
            whose variables depend on the data.

    Example:
        >>> check_valid_template("Hello {name}", "f-string", ["name"])
    """
    if template_format == "mustache":
        msg = "The variables of a mustache template depend on the data and cannot be validated."
        raise ValueError(msg)
    expected = set(compile_template(template, template_format).variables)
    given = set(input_variables)
    if template_format == "jinja2":
        _later("validate_jinja2")(template, given & expected if allow_surplus else given)
        return
    missing, surplus = sorted(expected - given), sorted(given - expected)
    if missing or (surplus and not allow_surplus):
        faults = [f"{missing} missing"] if missing else []
        if surplus and not allow_surplus:
            faults.append(f"{surplus} not in the template")
        msg = (
            f"The variables given for the template {template!r} are not its own: "
            f"{' and '.join(faults)} (the template has {sorted(expected)})."
        )
        raise ValueError(msg)
