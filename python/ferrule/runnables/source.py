"""Read functions: their text, the keys they take from their input, the objects they refer to.

All of it serves schemas and representations. What cannot be read (no source file, compiled
code) counts as nothing found.
"""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_UNREADABLE = (OSError, TypeError, SyntaxError, ValueError)
_NAME_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"})
_ATTRIBUTE_LOADS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def function_text(func: Callable[..., Any]) -> str | None:
    """Return the source of a lambda, or the name of another function.

    Example:
        >>> function_text(len)
        'len'
    """
    name: str | None = getattr(func, "__name__", None)
    if name != "<lambda>":
        return name
    lambdas = [node for node in ast.walk(_tree(func)) if isinstance(node, ast.Lambda)]
    if len(lambdas) > 1:
        lambdas = [node for node in lambdas if _compiles_to(node, _code(func))]
    texts = {ast.unparse(node) for node in lambdas}
    return texts.pop() if len(texts) == 1 else None


def keys_read(func: Callable[..., Any]) -> list[str]:
    """List, sorted, the string keys that a function takes from its first argument.

    Both `argument["key"]` and `argument.get("key")` count.
    """
    code = _code(func)
    if code is None or not code.co_argcount:
        return []
    argument = code.co_varnames[1 if inspect.ismethod(func) else 0]
    # Source is found by line: the line may hold other functions, whose keys are not constants
    # of this one.
    constants = set(_strings(code))
    found: set[str] = set()
    for function in ast.walk(_tree(func)):
        if isinstance(function, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [parameter.arg for parameter in function.args.args]
            if argument in names:
                found.update(_keys_of(argument, function))
    return sorted(found & constants)


def _keys_of(argument: str, function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Subscript(
                value=ast.Name(id=name), slice=ast.Constant(value=str(key)), ctx=ast.Load()
            ) if name == argument:
                yield key
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"),
                args=[ast.Constant(value=str(key)), *_],
            ) if name == argument:
                yield key
            case _:
                pass


def objects_used(func: Callable[..., Any]) -> list[Any]:
    """List the objects that a function's body reaches from outside, in order of first use.

    Of `a.b.c` all three are listed, as far as they exist. Functions inside the body count.
    """
    target: Any = func
    while isinstance(target, partial):
        target = target.func
    target = inspect.unwrap(target) if callable(target) else target
    code = _code(target)
    if code is None:
        return []
    function = getattr(target, "__func__", target)
    try:
        outside = inspect.getclosurevars(function)
    except _UNREADABLE:
        return []
    cells = _cells(function)
    names: dict[str, Any] = {**getattr(function, "__globals__", {}), **outside.globals, **cells}
    found: dict[int, Any] = {}
    for value in _reached(code, names):
        found.setdefault(id(value), value)
    return list(found.values())


def _cells(function: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    names = function.__code__.co_freevars
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            values[name] = cell.cell_contents
        except ValueError:  # noqa: PERF203  not assigned yet
            continue
    return values


_NOTHING = object()


def _reached(code: CodeType, names: Mapping[str, Any]) -> Iterator[Any]:
    value: Any = _NOTHING
    for instruction in dis.get_instructions(code):
        if instruction.opname in _NAME_LOADS:
            value = names.get(instruction.argval, _NOTHING)
        elif instruction.opname in _ATTRIBUTE_LOADS and value is not _NOTHING:
            try:
                value = getattr(value, instruction.argval, _NOTHING)
            except Exception:  # noqa: BLE001  a property may do anything
                value = _NOTHING
        elif instruction.opname not in {"CACHE", "EXTENDED_ARG", "PRECALL"}:
            value = _NOTHING
        if value is not _NOTHING:
            yield value
        if isinstance(instruction.argval, CodeType):
            yield from _reached(instruction.argval, names)


def _compiles_to(function: ast.Lambda, code: CodeType | None) -> bool:
    """Tell whether this source makes that code; closures may prevent it."""
    (made,) = (
        constant
        for constant in compile(ast.Expression(function), "", "eval").co_consts
        if isinstance(constant, CodeType)
    )
    return (
        code is not None
        and all(
            getattr(made, part) == getattr(code, part)
            for part in ("co_code", "co_names", "co_varnames")
        )
        and list(_strings(made)) == list(_strings(code))
    )


def _strings(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _strings(constant)


def _code(func: Callable[..., Any]) -> CodeType | None:
    code = getattr(func, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _tree(func: Callable[..., Any]) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(func)))
    except _UNREADABLE:
        return ast.Module(body=[], type_ignores=[])
