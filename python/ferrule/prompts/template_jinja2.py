"""Templates in jinja2 form, rendered in jinja2's immutable sandbox.

The sandbox is jinja2's best effort, not a wall: take jinja2 templates from people you trust. jinja2
is an optional package; it is imported when the first such template is used.
"""

from __future__ import annotations

import importlib
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ferrule.prompts.display import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment


def parse_jinja2(template: str) -> tuple[set[str], Callable[[Mapping[str, Any]], str]]:
    """Check a template and return its variables and the function that fills it.

    Raises:
        ImportError: If jinja2 is not installed.
        jinja2.TemplateSyntaxError: If the template is not well-formed.
    """
    compiled = _compiled(template)
    tree = _environment().parse(template)
    names: set[str] = _jinja2("meta").find_undeclared_variables(tree)
    return names, compiled.render


def jinja2_formatter(template: str, /, **kwargs: Any) -> str:
    """Fill a jinja2 template.

    Raises:
        ImportError: If jinja2 is not installed.
        jinja2.TemplateSyntaxError: If the template is not well-formed.
        jinja2.sandbox.SecurityError: If the template reaches for something the sandbox forbids.

    Example:
        >>> jinja2_formatter("Hello {{ name | upper }}", name="ada")
        'Hello ADA'
    """
    return _compiled(template).render(kwargs)


def validate_jinja2(template: str, input_variables: Iterable[str]) -> None:
    """Warn of variables that the template has and `input_variables` lacks, or the reverse."""
    found, _ = parse_jinja2(template)
    given = set(input_variables)
    faults = [
        f"{what}: {', '.join(sorted(names))}"
        for what, names in (("missing", found - given), ("surplus", given - found))
        if names
    ]
    if faults:
        msg = f"The variables given are not those of the jinja2 template ({'; '.join(faults)})."
        warnings.warn(msg, stacklevel=2)


def _compiled(template: str) -> Template:
    environment = _environment()
    try:
        return environment.from_string(template)
    except _jinja2("exceptions").TemplateSyntaxError as error:
        msg = f"The jinja2 template {shown(template)} is not well-formed: {error.message}"
        raise type(error)(msg, error.lineno) from None


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    environment: ImmutableSandboxedEnvironment = _jinja2("sandbox").ImmutableSandboxedEnvironment()
    return environment


def _jinja2(module: str) -> Any:
    try:
        return importlib.import_module(f"jinja2.{module}")
    except ImportError as error:
        msg = (
            "Templates with template_format='jinja2' need the jinja2 package, which is not "
            "installed. Use 'f-string' or 'mustache', or install it with: "
            "pip install 'ferrule[jinja2]'"
        )
        raise ImportError(msg) from error
