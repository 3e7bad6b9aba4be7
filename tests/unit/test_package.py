"""Tests of `ferrule` itself."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

import pytest

import ferrule


def test_version_is_the_distribution_s() -> None:
    """The package knows the version that was installed."""
    assert ferrule.__version__ == metadata.version("ferrule")
    assert ferrule.__all__ == ["__version__"]


def test_importing_reads_no_metadata() -> None:
    """The version is looked up when it is read, not when the package is imported."""
    code = "import sys, ferrule; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


FORK = """
import os
from ferrule._core import uuid7
from ferrule.runnables import RunnableParallel

fan = RunnableParallel(a=lambda x: x, b=lambda x: x)
fan.invoke(0)
uuid7()
reader, writer = os.pipe()
child = os.fork()
ids = b"".join(uuid7().bytes for _ in range(50_000))
if child == 0:
    assert fan.invoke(1) == {"a": 1, "b": 1}
    with open(writer, "wb") as pipe:
        pipe.write(ids)
    os._exit(0)
os.close(writer)
with open(reader, "rb") as pipe:
    ids += pipe.read()
assert os.waitpid(child, 0)[1] == 0
print(len({ids[start : start + 16] for start in range(0, len(ids), 16)}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_child_has_ids_and_threads_of_its_own() -> None:
    """A child that is forked in the middle of things draws other ids than its parent, and works."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 100_000


FORK_IN_ITEM = """
import os, sys, threading
from ferrule.runnables import RunnableLambda

meeting = threading.Barrier(2)
me = os.getpid()

def item(number):
    meeting.wait()  # so that one item is the calling thread's, the other a helper's
    if (threading.current_thread() is threading.main_thread()) != (sys.argv[1] == "caller"):
        return None
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if sys.argv[2] == "exit":
        sys.exit(7)
    return None

try:
    results = RunnableLambda(item).batch([0, 1], {"max_concurrency": 2})
except RuntimeError as error:
    assert "forked" in str(error) and os.getpid() != me
    sys.exit(3)
print(results[0] if results[1] is None else results[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(
    ("thread", "leaves", "code"),
    [
        ("caller", "exit", 7),
        ("caller", "return", 3),
        ("helper", "exit", 0),
        ("helper", "return", 0),
    ],
)
def test_a_child_that_an_item_forked_comes_to_an_end(thread: str, leaves: str, code: int) -> None:
    """A child forked by an item of a batch does not wait for its parent's threads.

    In a child of a helper only that helper's thread lives; it ends, and the process with it.
    """
    command = [sys.executable, "-W", "ignore", "-c", FORK_IN_ITEM, thread, leaves]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, str(code)), done.stderr
