"""Root listeners, the collector, and the console."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import pytest

from ferrule.tracers.root_listeners import AsyncRootListenersTracer, RootListenersTracer
from ferrule.tracers.run_collector import RunCollectorCallbackHandler
from ferrule.tracers.stdout import ConsoleCallbackHandler, FunctionCallbackHandler

ROOT, CHILD = UUID(int=1), UUID(int=2)
NAMED = {"name": "step", "id": ["step"]}


def run_two(tracer, *, error=None):
    """A root run with a child; the root fails if an error is given."""
    tracer.on_chain_start(NAMED, 1, run_id=ROOT, name="root")
    tracer.on_chain_start(NAMED, 1, run_id=CHILD, parent_run_id=ROOT)
    tracer.on_chain_end(2, run_id=CHILD)
    if error is None:
        tracer.on_chain_end(3, run_id=ROOT)
    else:
        tracer.on_chain_error(error, run_id=ROOT)


def test_listeners_hear_the_first_run_only():
    """Children are none of a listener's business."""
    heard = []
    tracer = RootListenersTracer(
        config={},
        on_start=lambda run: heard.append(("start", run.name)),
        on_end=lambda run: heard.append(("end", run.name, run.outputs)),
        on_error=heard.append,
    )
    run_two(tracer)
    assert heard == [("start", "root"), ("end", "root", {"output": 3})]


def test_error_listeners_hear_failures():
    """A failed run is told to the error listener, not to the other one."""
    heard = []
    tracer = RootListenersTracer(
        config={}, on_end=heard.append, on_error=lambda run: heard.append(run.error)
    )
    run_two(tracer, error=ValueError("no"))
    [error] = heard
    assert error.startswith("ValueError('no')")


def test_listeners_get_the_config_if_they_name_it():
    """The config comes to those that have a parameter of this name."""
    heard = []

    def on_end(run, config):
        heard.append((run.name, config))

    run_two(RootListenersTracer(config={"tags": ["t"]}, on_start=print_nothing, on_end=on_end))
    assert heard == [("root", {"tags": ["t"]})]


def print_nothing(run):
    """Take a run."""


def test_async_listeners_are_awaited():
    """Listeners may be coroutine functions; the next event waits for them."""
    heard = []

    async def on_start(run):
        await asyncio.sleep(0)
        heard.append(("start", run.name))

    async def on_end(run, *, config):
        await asyncio.sleep(0)
        heard.append(("end", config))

    async def main():
        tracer = AsyncRootListenersTracer(config={"n": 1}, on_start=on_start, on_end=on_end)
        await tracer.on_chain_start(NAMED, 1, run_id=ROOT, name="root")
        heard.append("between")
        await tracer.on_chain_end(3, run_id=ROOT)

    asyncio.run(main())
    assert heard == [("start", "root"), "between", ("end", {"n": 1})]


def test_the_collector_keeps_roots():
    """Each root is there once, with its children and the example's id."""
    collector = RunCollectorCallbackHandler(example_id=str(CHILD))
    run_two(collector)
    run_two(collector, error=ValueError())
    assert [run.name for run in collector.traced_runs] == ["root", "root"]
    assert [len(run.child_runs) for run in collector.traced_runs] == [1, 1]
    assert collector.traced_runs[0].reference_example_id == CHILD


def test_lines_show_the_tree():
    """Each line has depth, name, type, payload; ends also time and outcome."""
    lines = []
    tracer = FunctionCallbackHandler(lines.append)
    run_two(tracer, error=ValueError("no\nsecond line"))
    assert [re.sub(r"[\d.]+ ms", "T", line) for line in lines] == [
        "> root [chain] 1",
        "|  > step [chain] 1",
        "|  < step [chain] T ok 2",
        "< root [chain] T failed ValueError('no\\nsecond line')",
    ]


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"a": "é\n"}, '{"a": "é\\n"}'),
        ({"input": 1, "b": 2}, '{"input": 1, "b": 2}'),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (print_nothing, '"<function print_nothing'),
    ],
)
def test_payloads_are_json_where_possible(payload, shown):
    """What JSON cannot hold is shown by its repr."""
    lines = []
    FunctionCallbackHandler(lines.append).on_chain_start(NAMED, payload, run_id=ROOT)
    assert lines[0].startswith(f"> step [chain] {shown}")


def test_the_console_prints_without_color_into_files(capsys):
    """Escape sequences are for terminals."""
    run_two(ConsoleCallbackHandler())
    out = capsys.readouterr().out
    assert out.startswith("> root [chain] 1\n|  > step [chain] 1\n")
    assert "\x1b" not in out


def test_the_console_has_colors_on_a_terminal(capsys, monkeypatch):
    """Starts are green, failures red."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    run_two(ConsoleCallbackHandler(), error=ValueError())
    out = capsys.readouterr().out
    assert "\x1b[32;1m\x1b[1;3m> root [chain]\x1b[0m 1" in out
    assert "\x1b[31;1m\x1b[1;3m< root [chain]\x1b[0m" in out


def test_lines_need_a_function():
    """A handler that hands out lines needs something that takes them."""
    with pytest.raises(TypeError, match=r"takes lines of text, but got 5 \(int\)"):
        FunctionCallbackHandler(5)
