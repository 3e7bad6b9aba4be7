from __future__ import annotations

import functools
from unittest.mock import AsyncMock, MagicMock

import pytest

from ferrule.runnables.signature import (
    accepts_config,
    accepts_run_manager,
    check_takes_input,
    describe,
    is_async_callable,
    is_async_generator,
    is_generator,
    position_of,
)


def takes_both(value, config, *, run_manager):
    return value, config, run_manager


class Callable:
    async def __call__(self, value, config):
        return value

    def method(self, value, run_manager=None):
        return value


def wrapper_of(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper


async def coroutine(value):
    return value


def generator(value):
    yield value


async def async_generator(value):
    yield value


@pytest.mark.parametrize(
    ("func", "config", "run_manager"),
    [
        (takes_both, True, True),
        (functools.partial(takes_both, 1), True, True),
        (wrapper_of(takes_both), True, True),
        (Callable(), True, False),
        (Callable().method, False, True),
        (lambda value, **kwargs: value, False, False),
        (len, False, False),
        (dict.get, False, False),
    ],
)
def test_named_parameters_are_found(func, config, run_manager):
    """`config` and `run_manager` are found on functions, partials, wrappers, objects, methods."""
    assert (accepts_config(func), accepts_run_manager(func)) == (config, run_manager)


def test_positional_only_parameters_cannot_be_named():
    """A positional-only `config` cannot be passed by keyword, so it does not count."""

    def func(value, config, /):
        return value

    assert not accepts_config(func)


@pytest.mark.parametrize(
    ("func", "kind"),
    [
        (coroutine, "coroutine"),
        (functools.partial(coroutine, 1), "coroutine"),
        (Callable(), "coroutine"),
        (Callable().__call__, "coroutine"),
        (AsyncMock(), "coroutine"),
        (functools.partial(AsyncMock(), 1), "coroutine"),
        (MagicMock(), None),
        (generator, "generator"),
        (functools.partial(generator, 1), "generator"),
        (async_generator, "async generator"),
        (wrapper_of(coroutine), None),
        (len, None),
        (Callable, None),
    ],
)
def test_kind_of_function_is_found(func, kind):
    """Coroutine and generator functions are told apart, through partials and callable objects."""
    assert is_async_callable(func) == (kind == "coroutine")
    assert is_generator(func) == (kind == "generator")
    assert is_async_generator(func) == (kind == "async generator")


@pytest.mark.parametrize(
    ("func", "named"),
    [
        (lambda: 1, "<lambda>()"),
        (lambda *, value: value, "<lambda>(*, value)"),
        (lambda a, b, /: a, "'b'"),
        (lambda config: config, "<lambda>(config) has 'config'"),
        (lambda run_manager=None: 1, "'run_manager' where the input belongs"),
        (functools.partial(lambda a, config: a, 1), "'config' where the input belongs"),
    ],
)
def test_functions_that_cannot_take_one_input_are_refused(func, named):
    """A function that no single positional argument can call is refused, naming its signature."""
    with pytest.raises(TypeError) as caught:
        check_takes_input(func)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "func",
    [
        lambda value: value,
        lambda *args: args,
        lambda value, by: value * by,  # `bind(by=…)` fills it
        lambda value, *, by: value * by,
        lambda a, b=1, /: a,
        lambda a, config: a,
        lambda config, /: config,
        len,
        str,
        dict,
        Callable().method,
        functools.partial(lambda a, b: a, b=2),
    ],
)
def test_functions_that_can_take_one_input_are_accepted(func):
    """What keyword arguments can complete is fine."""
    check_takes_input(func)


def test_description_names_function_and_signature():
    """A description is the name with the signature, without where it was defined."""
    assert describe(takes_both) == "takes_both(value, config, *, run_manager)"
    assert describe(Callable().method) == "Callable.method(value, run_manager=None)"


def test_position_of_a_parameter():
    """The position of a parameter is counted; a keyword-only one has none."""
    assert position_of(takes_both, "config") == 1
    assert position_of(takes_both, "run_manager") is None
