"""Pydantic models of a tool's arguments, from a function's signature and docstring."""

from __future__ import annotations

import copy
import inspect
import textwrap
import warnings
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typing_extensions import override

from ferrule.tools.docstring import parse_google_docstring
from ferrule.tools.injection import RUN_ARGS, annotations_of, config_parameter, is_injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class _Arguments(BaseModel):
    """The base of models of arguments.

    Agents describe their tools at every call of a model, and pydantic makes a JSON schema anew
    each time: here it is made once for a class.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    _described: ClassVar[dict[str, Any]]

    @classmethod
    @override
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if args or kwargs:
            return super().model_json_schema(*args, **kwargs)
        if "_described" not in vars(cls):
            cls._described = super().model_json_schema()
        # Whoever asks may change what it gets.
        return copy.deepcopy(cls._described)


def create_schema_from_function(
    model_name: str,
    func: Callable[..., Any],
    *,
    filter_args: Iterable[str] | None = None,
    parse_docstring: bool = False,
    error_on_invalid_docstring: bool = False,
    include_injected: bool = True,
) -> type[BaseModel]:
    """Make the model of a function's arguments.

    Args:
        model_name: Name of the model, and title of its schema.
        func: The function. Left out are what it takes from its run (`run_manager`, `callbacks`, a
            parameter annotated with `RunnableConfig`), the `self` or `cls` of a method, and
            optional parameters whose names begin with an underscore.
        filter_args: Parameters to leave out instead of these.
        parse_docstring: Whether to take the descriptions of the arguments from the section
            `Args:` of a Google-style docstring.
        error_on_invalid_docstring: Whether a docstring without that section is an error.
        include_injected: Whether injected arguments are part of the model.

    Raises:
        ValueError: If the docstring describes an argument that the function does not have, or
            is refused because of `error_on_invalid_docstring`.
        NameError: If an annotation names something that is not there at run time.

    Example:
        >>> def add(x: int, y: int = 0) -> int:
        ...     '''Add two numbers.'''
        ...     return x + y
        >>> create_schema_from_function("add", add).model_json_schema()["required"]
        ['x']
    """
    parameters = inspect.signature(func).parameters
    hints = annotations_of(func)
    left_out = set(filter_args or _run_parameters(func, parameters, hints))
    left_out |= {name for name, p in parameters.items() if _is_private(p)}
    if not include_injected:
        left_out |= {name for name in parameters if is_injected(hints.get(name))}
    shown = {name: p for name, p in parameters.items() if name not in left_out}
    doc = inspect.getdoc(func) or ""
    said: dict[str, str] = {}
    if parse_docstring:
        doc, said = described_arguments(
            doc, known=parameters, expected=shown if error_on_invalid_docstring else ()
        )
    fields = {
        name: _field(parameter, hints.get(name, Any), said.get(name))
        for name, parameter in shown.items()
    }
    model = _model(model_name, fields, doc)
    if not model.__pydantic_complete__:
        shown_hints = ", ".join(f"{name}: {hints.get(name)}" for name in fields)
        msg = (
            f"Function {model_name!r} has annotations that cannot be resolved at run time "
            f"({shown_hints}): define what they name at the top of "
            "the module, and outside of `if TYPE_CHECKING`."
        )
        raise NameError(msg)
    return model


def described_arguments(
    docstring: str, *, known: Iterable[str], expected: Iterable[str] = ()
) -> tuple[str, dict[str, str]]:
    """Split a Google-style docstring into description and argument texts, and check it.

    Args:
        docstring: The text, as `inspect.getdoc` returns it.
        known: The arguments that it may describe.
        expected: If there are any of these, the section `Args:` must be there.

    Raises:
        ValueError: If an argument is not known, or an expected section is missing.
    """
    description, arguments = parse_google_docstring(docstring)
    if arguments is None:
        if missing := ", ".join(expected):
            msg = (
                "The docstring must be Google-style, with an `Args:` section that describes "
                f"{missing}; it is {docstring!r}."
            )
            raise ValueError(msg)
        return description, {}
    if unknown := set(arguments) - set(known):
        msg = (
            f"The docstring describes {', '.join(sorted(unknown))}, but the arguments are "
            f"{', '.join(known) or 'none'}."
        )
        raise ValueError(msg)
    return description, arguments


def subset_model(
    name: str, model: type[BaseModel], fields: Iterable[str], *, description: str
) -> type[BaseModel]:
    """Make a model that has some of the fields of another one."""
    kept = {
        field: (model.model_fields[field].annotation, copy.copy(model.model_fields[field]))
        for field in fields
    }
    return _model(name, kept, description or model.__doc__ or "")


def _run_parameters(
    func: Callable[..., Any], parameters: Mapping[str, inspect.Parameter], hints: dict[str, Any]
) -> list[str]:
    names = [*RUN_ARGS]
    if config := config_parameter(hints):
        names.append(config)
    first = next(iter(parameters), None)
    if first in {"self", "cls"} and "." in getattr(func, "__qualname__", ""):
        names.append(first)
    return names


def _is_private(parameter: inspect.Parameter) -> bool:
    # A pydantic model has no field of such a name.
    is_collecting = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    is_optional = is_collecting or parameter.default is not parameter.empty
    return is_optional and parameter.name.startswith("_")


def _field(parameter: inspect.Parameter, hint: Any, said: str | None) -> tuple[Any, Any]:
    """The annotation and default of the field that stands for a parameter."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return tuple[hint, ...], None
    if parameter.kind is parameter.VAR_KEYWORD:
        return dict[str, hint], None
    default = parameter.default
    if said is None:
        said = _said_in(hint)
    if isinstance(default, FieldInfo):
        default = copy.copy(default)
        default.description = said or default.description
        return hint, default
    if default is parameter.empty:
        default = PydanticUndefined
    return hint, Field(default=default, description=said)


def _said_in(hint: Any) -> str | None:
    """The description in `Annotated[int, "..."]` or `Annotated[int, Field(description=...)]`."""
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    for note in notes:
        if isinstance(note, str):
            return note
        if isinstance(note, FieldInfo) and note.description:
            return note.description
    return None


def _model(name: str, fields: dict[str, Any], doc: str) -> type[BaseModel]:
    with warnings.catch_warnings():
        # An argument may be called `schema` or `copy`, as some methods of models are.
        warnings.filterwarnings("ignore", message="Field name .* shadows", category=UserWarning)
        model: type[BaseModel] = create_model(name, __base__=_Arguments, **fields)
    model.__doc__ = textwrap.dedent(doc)
    return model
