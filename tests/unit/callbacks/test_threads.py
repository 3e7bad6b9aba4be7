"""Worker threads: how many stay, and what becomes of them at the end and in a child."""

from __future__ import annotations

import os
import threading
import time

import pytest

from ferrule.callbacks import threads
from tests.support import programs

PATIENCE_SECONDS = 10


class Waits:
    """A turn that lasts until it is let go of."""

    def __init__(self, gate, through):
        self.gate = gate
        self.through = through

    def run(self):
        self.gate.wait(PATIENCE_SECONDS)

    def following(self):
        return None

    def report(self):
        self.through.release()


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "ferrule-worker"]


def test_as_many_threads_as_it_takes_of_which_some_stay():
    """Turns never wait for each other; what is idle beyond the limit goes, with its pipe."""
    gate, through = threading.Event(), threading.Semaphore(0)
    many = threads.MOST_IDLE + 20
    for _ in range(many):
        threads.give(Waits(gate, through))
    assert len(workers()) >= many
    gate.set()
    for _ in range(many):
        assert through.acquire(timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(workers()) > threads.MOST_IDLE and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(workers()) == len(threads._seats) == threads.MOST_IDLE
    for _ in range(many):
        threads.give(Waits(gate, through))
        assert through.acquire(timeout=PATIENCE_SECONDS)
    assert len(workers()) == threads.MOST_IDLE


PROLOGUE = """
import atexit, os, threading, time
from ferrule.runnables import RunnableGenerator, RunnableParallel

def slow(chunks):
    for chunk in chunks:
        time.sleep(0.05)
        yield chunk

streams = RunnableParallel(a=RunnableGenerator(slow), b=RunnableGenerator(slow))
"""


def printed(program):
    return programs.printed(PROLOGUE + program)


def test_streams_while_the_interpreter_exits():
    """A stream that needs a thread says why there is none; the exit goes on."""
    assert (
        printed("""
print(len(list(streams.stream(1))))
def late():
    try:
        list(streams.stream(1))
    except RuntimeError as error:
        print(error)
atexit.register(late)
from ferrule.callbacks import threads
from tests.support import programs
atexit.unregister(threads._close)
atexit.register(threads._close)
""")
        == "2\nNo worker thread can be started while the interpreter shuts down.\n"
    )


def test_the_exit_waits_for_a_stream_that_was_left():
    """A chunk that is being made is through before the interpreter exits."""
    assert (
        printed("""
def tells(chunks):
    for chunk in chunks:
        time.sleep(0.2)
        print("through", flush=True)
        yield chunk
kept = (RunnableParallel(a=RunnableGenerator(tells), b=RunnableGenerator(slow))).stream(1)
print(next(kept), flush=True)
""")
        == "{'b': 1}\nthrough\n"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_threads_of_its_own():
    """Streams work in a forked child, whose parent's threads are not there."""
    assert (
        printed("""
print(len(list(streams.stream(1))), flush=True)
child = os.fork()
if child == 0:
    print(len(list(streams.stream(1))), flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(len(list(streams.stream(1))))
""")
        == "2\n2\n2\n"
    )
