"""Programs at random, of parts of both libraries, do what those of one library's parts do."""

from __future__ import annotations

import asyncio
import random
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

theirs = pytest.importorskip("langchain_core.runnables")
callbacks = pytest.importorskip("langchain_core.callbacks")
ours = import_module("ferrule.runnables")

DEPTH = 3
WAYS = ("invoke", "ainvoke", "stream", "astream", "batch", "abatch")
CONFIG = {"tags": ["root"], "metadata": {"of": "root"}, "max_concurrency": 1}


class Program:
    """Builds a program from a seed: which parts is up to the seed, whose parts to `choose`."""

    def __init__(self, seed: int, choose: Callable[[], Any]) -> None:
        self.dice, self.choose, self.count = random.Random(seed), choose, 0

    def function(self, function: Any, afunction: Any = None) -> Any:
        """Make a runnable of a function, under a name of its own."""
        self.count += 1
        args = (function,) if afunction is None else (function, afunction)
        return self.choose().RunnableLambda(*args, name=f"{function.__name__}{self.count}")

    def build(self, depth: int = DEPTH) -> Any:
        """Make a runnable that takes and returns a number."""
        if depth == 0:
            return self.function(lambda number: number + 1)
        kinds = ["calls", "streams", "batches", "passes", "sequence", "parallel", "bound", "each"]
        return getattr(self, self.dice.choice(kinds))(lambda: self.build(depth - 1))

    def calls(self, part: Any) -> Any:
        """Call a part without a config."""
        inner = part()

        async def acall(number: int) -> Any:
            return await inner.ainvoke(number)

        return self.function(lambda number: inner.invoke(number), acall)  # noqa: PLW0108  no config

    def streams(self, part: Any) -> Any:
        """Stream from a part without a config."""
        inner = part()
        return self.function(lambda number: list(inner.stream(number))[-1])

    def batches(self, part: Any) -> Any:
        """Run a part on several inputs, without a config."""
        inner = part()
        return self.function(lambda number: inner.batch([number, number])[0])

    def passes(self, part: Any) -> Any:
        """Pass the config on to a part."""
        inner = part()

        def passing(number: int, config: Any) -> Any:
            return inner.invoke(number, config)

        return self.function(passing)

    def sequence(self, part: Any) -> Any:
        """Run parts one after the other."""
        return part() | part() | part()

    def parallel(self, part: Any) -> Any:
        """Run parts side by side."""
        both = self.choose().RunnableParallel(a=part(), b=part())
        return both | self.function(lambda results: results["a"] + results["b"])

    def bound(self, part: Any) -> Any:
        """Bind a config to a sequence; of two in a row, langchain-core keeps the second alone."""
        both = part() | part()
        return both.with_config(tags=[f"t{self.dice.randrange(3)}"], metadata={"of": "part"})

    def each(self, part: Any) -> Any:
        """Run a part on each item of a list."""
        items = self.function(lambda number: [number, number])
        return items | part().map() | self.function(sum)


class Heard(callbacks.BaseCallbackHandler):  # type: ignore[misc,name-defined]
    """Keeps each run by its id: name, parent, tags, metadata, and whether it has ended."""

    run_inline = True

    def __init__(self) -> None:
        self.runs: dict[Any, dict[str, Any]] = {}

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: Any, **told: Any) -> None:
        """Keep a run."""
        self.runs[run_id] = {**told, "inputs": inputs, "ended": 0}

    def on_chain_end(self, outputs: Any, *, run_id: Any, **told: Any) -> None:
        """Note that a run has ended."""
        self.runs[run_id]["ended"] += 1

    def told(self) -> list[Any]:
        """Return what was told of all runs but sequences, which langchain-core takes apart."""
        return sorted(
            (
                self.path(run_id),
                sorted(tag for tag in run["tags"] if not tag.startswith("seq:step")),
                sorted(run["metadata"].items()),
                run["ended"],
            )
            for run_id, run in self.runs.items()
            if run["name"] != "RunnableSequence"
        )

    def path(self, run_id: Any) -> list[str]:
        """Return the names of a run and of those around it."""
        if run_id is None:
            return []
        run = self.runs[run_id]
        around = self.path(run["parent_run_id"])
        return around if run["name"] == "RunnableSequence" else [*around, run["name"]]


async def last(stream: Any) -> Any:
    """Return the last item of a stream."""
    return [item async for item in stream][-1]


def run(program: Any, way: str, config: Any) -> Any:
    """Run a program in one of the ways."""
    if way == "stream":
        return list(program.stream(1, config))[-1]
    if way == "astream":
        return asyncio.run(last(program.astream(1, config)))
    given = [1, 2] if "batch" in way else 1
    result = getattr(program, way)(given, config)
    return asyncio.run(result) if way.startswith("a") else result


@pytest.mark.parametrize("seed", range(30))
def test_mixtures(seed: int) -> None:
    """Results, runs, nesting, tags and metadata are the same, whosesoever the parts are."""
    dice = random.Random(seed)
    choices = [lambda: theirs, lambda: ours, lambda: dice.choice([theirs, ours])]
    for way in WAYS:
        outcomes = []
        for choose in choices:
            heard = Heard()
            result = run(Program(seed, choose).build(), way, {**CONFIG, "callbacks": [heard]})
            outcomes.append((result, heard.told()))
        assert outcomes[0] == outcomes[1], way
        assert outcomes[0] == outcomes[2], way
