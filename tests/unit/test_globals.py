"""Process-wide switches."""

from __future__ import annotations

import pytest

from ferrule import globals as switches
from ferrule.caches import InMemoryCache
from ferrule.runnables import RunnableLambda


@pytest.mark.parametrize(
    ("name", "value"), [("debug", True), ("verbose", True), ("llm_cache", InMemoryCache())]
)
def test_set_and_get(name, value):
    """What is set is what is read."""
    before = getattr(switches, f"get_{name}")()
    try:
        getattr(switches, f"set_{name}")(value)
        assert getattr(switches, f"get_{name}")() is value
    finally:
        getattr(switches, f"set_{name}")(before)
    assert getattr(switches, f"get_{name}")() is before


def test_the_cache_is_a_cache():
    """What cannot look up and update is refused where it is set, and changes nothing."""
    with pytest.raises(TypeError, match=r"a BaseCache or None, but got 5 \(int\)"):
        switches.set_llm_cache(5)
    with pytest.raises(TypeError, match=r"InMemoryCache is a class; .* InMemoryCache\(\)\."):
        switches.set_llm_cache(InMemoryCache)
    assert switches.get_llm_cache() is None


@pytest.mark.parametrize("name", ["debug", "verbose"])
def test_switches_are_true_or_false(name):
    """A value of another type is named with its switch, and changes nothing."""
    with pytest.raises(TypeError, match=rf"The {name} switch is True or False, but got 'on'"):
        getattr(switches, f"set_{name}")("on")
    assert getattr(switches, f"get_{name}")() is False


def test_debug_shows_every_run_on_the_console(capsys):
    """The debug switch adds the console handler to every run."""
    switches.set_debug(True)
    try:
        RunnableLambda(lambda x: x).invoke(1)
    finally:
        switches.set_debug(False)
    assert "RunnableLambda" in capsys.readouterr().out
