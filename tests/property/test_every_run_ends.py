"""Every run that starts ends exactly once, children before parents, under the right parents.

Whatever is composed, however it is driven, and wherever it fails or is stopped.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any
from unittest import mock

import pytest
from hypothesis import event, given, strategies as st

from tests.support import drives
from tests.support.accounts import Accountant, AsyncAccountant
from tests.support.trees import Boom, Doom, Garden, Points, trees

# Hundreds of trees, each with a collection of what it left.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True, scope="module")
def only_new_objects():
    """Collect what the examples leave only: the suite's own objects would take most of the time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


KINDS = ("sync", "inline", "async", "async inline")


def handler_of(kind: str, *, raises: bool = False) -> Any:
    """Make a handler that keeps an account."""
    make = AsyncAccountant if kind.startswith("async") else Accountant
    return make(inline=kind.endswith("inline"), raises=raises)


def raiser(error: type[BaseException]) -> Any:
    """Make an action that fails."""

    def act() -> None:
        raise error("at this point")

    return act


crews = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3)
failures = st.dictionaries(st.integers(1, 25), st.sampled_from([Boom, Boom, Doom]), max_size=2)
# Which handler refuses (raise_error or not), at its how manieth event, with what.
refusals = st.none() | st.tuples(
    st.sampled_from(KINDS), st.booleans(), st.integers(1, 15), st.sampled_from([Boom, Boom, Doom])
)


class Scene:
    """A tree, its handlers, and where they fail."""

    def __init__(self, tree, crew, failures, refusal):
        self.garden = Garden(Points({at: raiser(error) for at, error in failures.items()}))
        self.runnable = self.garden.grow(tree)
        self.handlers = [handler_of(kind) for kind in crew]
        if refusal is not None:
            kind, raises, at, error = refusal
            handler = handler_of(kind, raises=raises)
            told = Points({at: raiser(error)})
            handler.ledger.hear = lambda hook, name: told()
            self.handlers.insert(len(crew) // 2, handler)
        self.config = {"callbacks": list(self.handlers)}

    def check(self):
        gc.collect()
        for handler in self.handlers:
            handler.ledger.check(self.garden.above)


def quietly(run):
    """Run with the log of failing handlers off; the failures meant here are no news."""
    logger = logging.getLogger("ferrule.callbacks")
    logger.disabled = True
    try:
        run()
    except (Boom, Doom, asyncio.CancelledError) as error:
        event(f"ended with {type(error).__name__}")
    finally:
        logger.disabled = False


@given(trees, crews, failures, refusals, st.sampled_from(drives.SYNC), st.integers(0, 3))
def test_every_sync_run_ends(tree, crew, failures, refusal, drive, few):
    """Sync: with random failures of bodies and of handlers, and streams closed early."""
    scene = Scene(tree, crew, failures, refusal)
    with mock.patch("sys.unraisablehook") as report:
        quietly(lambda: drive(scene.runnable, scene.config, few))
        scene.check()
    # What handlers raise at the end of a stream that was let go can reach nobody.
    assert drive is drives.stream_dropped or not report.called


@given(trees, crews, failures, refusals, st.sampled_from(drives.ASYNC), st.integers(0, 3))
def test_every_async_run_ends(tree, crew, failures, refusal, drive, few):
    """Async: with random failures of bodies and of handlers, and streams closed early."""
    scene = Scene(tree, crew, failures, refusal)
    quietly(lambda: asyncio.run(drive(scene.runnable, scene.config, few)))
    scene.check()


@given(trees, crews, failures, st.sampled_from(drives.ASYNC[:-1]), st.integers(0, 40))
def test_every_cancelled_run_ends(tree, crew, failures, drive, turns):
    """Async: cancelled at a random turn of the loop, also while hooks are running."""
    scene = Scene(tree, crew, failures, None)

    def work():
        return drive(scene.runnable, scene.config, 2)

    quietly(lambda: asyncio.run(drives.cancelled_after(turns, work)))
    scene.check()
