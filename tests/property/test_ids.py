"""Run ids: UUIDv7 as RFC 9562 lays it out, increasing, unique over threads and forks."""

from __future__ import annotations

import os
import threading
import time
import uuid
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from ferrule._core import uuid7
from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda


class Ids(BaseCallbackHandler):
    """Notes the ids of runs in the order of their starts."""

    def __init__(self):
        self.ids = []

    def on_chain_start(self, serialized, inputs, *, run_id, **kwargs):
        self.ids.append(run_id)


@given(st.integers(1, 300))
def test_ids_are_version_7(count):
    """Version, variant and the milliseconds of the clock are where the RFC puts them."""
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(count)]
    after = time.time_ns() // 1_000_000
    for one in made:
        assert type(one) is uuid.UUID
        assert one.version == 7
        assert one.variant == uuid.RFC_4122
        # Many ids in one millisecond may run the clock a little ahead.
        assert before <= one.int >> 80 <= after + 1
        assert uuid.UUID(str(one)) == one
        assert hash(uuid.UUID(bytes=one.bytes)) == hash(one)


@given(st.integers(2, 2000))
def test_ids_increase(count):
    """Each id is greater than the one before, as a number and as text."""
    made = [uuid7() for _ in range(count)]
    assert all(one < other for one, other in pairwise(made))
    assert sorted(map(str, made)) == [str(one) for one in made]


def test_ids_of_threads_are_unique():
    """Threads never get the same id, and each sees its own increase."""
    made: list[list[uuid.UUID]] = [[] for _ in range(8)]
    ready = threading.Barrier(8)

    def make(into):
        ready.wait()
        into.extend(uuid7() for _ in range(3000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one == sorted(one) for one in made)
    assert len({one for ids in made for one in ids}) == 8 * 3000


def test_ids_increase_over_threads():
    """An id made after another one was handed over is greater, whichever thread made that."""
    last, turn, rounds = [uuid7()], threading.Condition(), 400
    wrong = []

    def take_turns(me):
        for number in range(rounds):
            with turn:
                turn.wait_for(lambda number=number: len(last) - 1 == 2 * number + me, timeout=10)
                made = uuid7()
                if not made > last[-1]:
                    wrong.append((last[-1], made))
                last.append(made)
                turn.notify_all()

    threads = [threading.Thread(target=take_turns, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(last) == 2 * rounds + 1


class Starts(BaseCallbackHandler):
    """Notes run and parent at each start."""

    def __init__(self):
        self.runs = []

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id, **kwargs):
        self.runs.append((run_id, parent_run_id))


class Ends(BaseCallbackHandler):
    """Notes run and parent at each end, and hears nothing else."""

    def __init__(self):
        self.runs = []

    def on_chain_end(self, outputs, *, run_id, parent_run_id, **kwargs):
        self.runs.append((run_id, parent_run_id))


@pytest.mark.parametrize("around", [[], [BaseCallbackHandler()]], ids=["nobody", "deaf"])
@pytest.mark.parametrize("kind", [Starts, Ends])
def test_a_parent_that_nobody_heard_of_has_the_lesser_id(kind, around):
    """Where only a child is heard, its parent's id is one and the same, and less than its own."""
    handler, known = kind(), []
    leaf = RunnableLambda(lambda x: x)

    def body(x, run_manager):
        leaf.invoke(x)
        for _ in range(3):
            leaf.invoke(x, {"callbacks": [handler]})
        known.append(run_manager.run_id)
        return x

    RunnableLambda(body).invoke(1, {"callbacks": around} if around else None)
    children, parents = zip(*handler.runs, strict=True)
    assert set(parents) == set(known)
    assert list(children) == sorted(children)
    assert known[0] < children[0]


def test_runs_are_numbered_as_they_start_whatever_is_heard_of_them():
    """A handler that hears only ends sees parents with lesser ids than their children."""
    handler = Ends()
    step = RunnableLambda(lambda x: x)
    inner = step | step
    (inner | step).with_config(callbacks=[handler]).invoke(1)
    ids = {run for run, _ in handler.runs}
    assert len(ids) == len(handler.runs) == 4
    for run, parent in handler.runs:
        assert parent is None or (parent in ids and parent < run)
    leaves = [run for run, parent in handler.runs if parent is not None]
    assert leaves == sorted(leaves)


def test_threads_agree_on_an_id_that_is_read_late():
    """Threads that read the id of a run nobody hears of all get the same."""
    ready, seen = threading.Barrier(8), []

    def body(x, run_manager):
        def read():
            ready.wait()
            seen.append(run_manager.run_id)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    RunnableLambda(body).invoke(1)
    assert len(seen) == 8
    assert all(one is seen[0] for one in seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_ids_of_forked_processes_are_unique():
    """A forked child draws other random bits than its parent and its siblings."""
    uuid7()
    children = []
    for _ in range(4):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(b"".join(uuid7().bytes for _ in range(500)))
            os._exit(0)
        os.close(writer)
        children.append((pid, reader))
    made = [uuid7().bytes for _ in range(500)]
    for pid, reader in children:
        with os.fdopen(reader, "rb") as pipe:
            raw = pipe.read()
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        child = [raw[at : at + 16] for at in range(0, len(raw), 16)]
        assert len(child) == 500
        assert child == sorted(child)
        made += child
    assert len(set(made)) == len(made)
    # The random part alone differs too: no process repeats what another drew.
    assert len({one[-7:] for one in made}) == len(made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_a_forked_child_can_run():
    """Runs, batches in threads and async hooks work in a forked child."""

    class Hears(BaseCallbackHandler):
        heard = 0

        async def on_chain_end(self, outputs, **kwargs):
            self.heard += 1

    def everything():
        handler = Hears()
        config = {"callbacks": [handler], "max_concurrency": 4}
        out = RunnableLambda(lambda x: x + 1).batch(list(range(20)), config)
        return out == list(range(1, 21)) and handler.heard == 20

    assert everything()  # the parent has its helper threads and its loop
    pid = os.fork()
    if pid == 0:
        os._exit(0 if everything() else 1)
    deadline = time.monotonic() + 20
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            pytest.fail("the forked child hangs")
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 0


@given(st.integers(1, 5), st.integers(0, 4))
def test_runs_start_in_the_order_of_their_ids(width, depth):
    """Ids of runs increase in the order of their starts, parents before children."""

    def nest(level):
        if level == 0:
            return RunnableLambda(lambda x: x)
        inner = nest(level - 1)
        return RunnableLambda(lambda x: [inner.invoke(x) for _ in range(min(width, 2))])

    handler = Ids()
    nest(depth).invoke(1, {"callbacks": [handler]})
    assert handler.ids == sorted(handler.ids)
    assert len(set(handler.ids)) == len(handler.ids)
