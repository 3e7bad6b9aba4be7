"""What is attached to langchain-core takes part in ferrule's runs, as long as it is attached."""

from __future__ import annotations

import os
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

import pytest

from ferrule import _core
from ferrule.interop import attachments
from ferrule.runnables import RunnableLambda
from tests.unit.interop.apart import run_apart
from tests.unit.interop.heard import Heard

if TYPE_CHECKING:
    from collections.abc import Iterator

manager = pytest.importorskip("langchain_core.callbacks.manager")
base = pytest.importorskip("langchain_core.callbacks.base")
context = pytest.importorskip("langchain_core.tracers.context")
theirs = pytest.importorskip("langchain_core.runnables")

chain = RunnableLambda(abs, name="a") | RunnableLambda(str, name="b")
RUNS = [("RunnableSequence", None), ("a", "RunnableSequence"), ("b", "RunnableSequence")]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Count how often langchain-core is asked who takes part."""
    calls: list[str] = []
    look = attachments._look
    chain.invoke(1)

    def counting() -> bool:
        calls.append("asked")
        return look()

    monkeypatch.setattr(attachments, "_look", counting)
    yield calls
    monkeypatch.undo()
    chain.invoke(1)


def test_nothing_attached_costs_nothing(asked: list[str]) -> None:
    """As long as nothing is attached, langchain-core is not asked."""
    chain.invoke(1, {"callbacks": [Heard()]})
    assert asked == []


def test_wrapped_constructor(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that a wrapper of the managers' constructor adds hears every run, once."""
    heard = Heard()
    original = base.BaseCallbackManager.__init__

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if heard not in self.inheritable_handlers:
            self.add_handler(heard, inherit=True)

    with monkeypatch.context() as patch:
        patch.setattr(base.BaseCallbackManager, "__init__", wrapper)
        chain.invoke(1)
        assert heard.runs == RUNS
        assert asked
    heard.runs.clear()
    chain.invoke(1)
    assert heard.runs == []
    asked.clear()
    chain.invoke(1)
    assert asked == []


def test_replaced_configure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replacement of the configuring function adds a handler to each run, not to children."""
    heard = Heard()
    original = manager._configure

    def replacement(cls: Any, inheritable: Any, local: Any, *rest: Any, **named: Any) -> Any:
        return original(cls, inheritable, [*(local or []), heard], *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(manager, "_configure", replacement)
        chain.invoke(1)
    assert heard.runs == RUNS
    chain.invoke(1)
    assert heard.runs == RUNS


@pytest.fixture
def registrations() -> Iterator[None]:
    """Take back what a test registers with langchain-core."""
    hooks = context._configure_hooks
    number = len(hooks)
    yield
    del hooks[number:]
    # langchain-core has no way to take one back, so that only the length of its list is watched.
    chain.invoke(1)


@pytest.mark.usefixtures("registrations")
def test_registered_variable() -> None:
    """A handler in a variable that is registered with langchain-core hears runs while it is set."""
    variable: ContextVar[Any] = ContextVar("variable", default=None)
    chain.invoke(1)
    context.register_configure_hook(variable, inheritable=True)
    chain.invoke(1)
    heard = Heard()
    token = variable.set(heard)
    chain.invoke(1)
    variable.reset(token)
    chain.invoke(1)
    assert heard.runs == RUNS


@pytest.mark.usefixtures("registrations")
def test_registered_variable_in_contexts_that_come_and_go() -> None:
    """A variable is seen in the contexts that it is set in, wherever these lie in memory."""
    variable: ContextVar[Any] = ContextVar("variable", default=None)
    context.register_configure_hook(variable, inheritable=True)
    heard = Heard()

    def run(number: int) -> None:
        if number % 3 == 2:
            variable.set(heard)
        chain.invoke(number)

    for number in range(60):
        copy_context().run(run, number)
    chain.invoke(1)
    assert heard.runs == RUNS * 20


@pytest.mark.usefixtures("registrations")
def test_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that is registered with an environment variable has an instance for each root run."""
    made: list[Heard] = []

    class Made(Heard):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    variable: ContextVar[Any] = ContextVar("variable", default=None)
    context.register_configure_hook(variable, True, Made, "FERRULE_TEST_HANDLER")
    chain.invoke(1)
    assert made == []
    monkeypatch.setenv("FERRULE_TEST_HANDLER", "true")
    chain.invoke(1)
    monkeypatch.delenv("FERRULE_TEST_HANDLER")
    chain.invoke(1)
    assert [handler.runs for handler in made if handler.runs] == [RUNS]


def test_debug(capsys: pytest.CaptureFixture[str]) -> None:
    """`set_debug` of langchain-core shows ferrule's runs, too."""
    switches = pytest.importorskip("langchain_core.globals")
    switches.set_debug(True)
    chain.invoke(1)
    switches.set_debug(False)
    shown = capsys.readouterr().out
    assert "RunnableSequence > chain:a" in shown
    chain.invoke(1)
    assert capsys.readouterr().out == ""


def test_what_is_given_stays() -> None:
    """Handlers, tags and metadata of a call are kept when langchain-core adds its own."""
    heard = Heard()
    with context.collect_runs() as collected:
        chain.invoke(1, {"callbacks": [heard], "tags": ["t"], "metadata": {"m": 1}})
    assert heard.runs == RUNS
    assert heard.tags["a"] == ["seq:step:1", "t"]
    assert heard.metadata["b"] == {"m": 1}
    assert [run.name for run in collected.traced_runs] == ["RunnableSequence"]


@pytest.mark.parametrize(
    "attach",
    [
        "from langchain_core.callbacks import BaseCallbackManager as Manager",
        "import langchain_core.callbacks; Manager = langchain_core.callbacks.BaseCallbackManager",
    ],
)
def test_attached_before_managers_are_loaded(attach: str) -> None:
    """A wrapper counts from the beginning, whatever of langchain-core was loaded until then."""
    code = f"""
from ferrule.runnables import RunnableLambda
RunnableLambda(abs).invoke(1)
{attach}
original = Manager.__init__
def wrapper(self, *args, **kwargs):
    original(self, *args, **kwargs)
    print("made")
Manager.__init__ = wrapper
RunnableLambda(abs).invoke(1)
"""
    assert "made" in run_apart(code)


@pytest.mark.parametrize("before", ["", "RunnableLambda(abs).invoke(1)"])
def test_variable_set_before_managers_are_loaded(before: str) -> None:
    """A handler in a registered variable is told, if all that is loaded is what registers it."""
    code = f"""
from contextvars import ContextVar
from langchain_core.tracers.context import register_configure_hook
from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda

class Telling(BaseCallbackHandler):
    def on_chain_start(self, serialized, inputs, **kwargs):
        print("started with", inputs)

variable = ContextVar("telling", default=None)
register_configure_hook(variable, True)
{before}
variable.set(Telling())
RunnableLambda(abs).invoke(7)
"""
    assert run_apart(code) == "started with 7\n"


def test_environment_is_read_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place that is watched is the one that `os.environ` writes to."""
    monkeypatch.setenv("FERRULE_TEST", "a")
    kept, key, value = attachments._environment("FERRULE_TEST")
    assert kept[key] is value
    os.environ["FERRULE_TEST"] = "b"
    assert kept[key] is not value


def test_the_scope_does_not_move_on() -> None:
    """The variable that holds the scope is adopted once."""
    _core.adopt_scope_variable(theirs.config.var_child_runnable_config)
    with pytest.raises(TypeError, match="kept in .* already"):
        _core.adopt_scope_variable(ContextVar("another"))
