from __future__ import annotations

import pytest

from ferrule.runnables import RunnableBranch, RunnableLambda

from .conftest import collect

size = RunnableBranch(
    (lambda n: n > 100, lambda n: "large"),
    (lambda n: n > 10, lambda n: "medium"),
    lambda n: "small",
)


def test_the_first_condition_that_holds_decides(run):
    """Sync, async and streamed, the first branch whose condition holds is taken."""
    assert [size.invoke(n) for n in (500, 50, 5)] == ["large", "medium", "small"]
    assert run(size.ainvoke(50)) == "medium"
    assert list(size.stream(5)) == ["small"]
    assert run(collect(size.astream(500))) == ["large"]


def test_later_conditions_are_not_tried(heard):
    """Conditions after the one that holds are not run; runs are tagged with their place."""
    size.invoke(500, {"callbacks": [heard]})
    (root,) = heard.trace.roots
    assert [run.tags for run in root.children] == [["condition:1"], ["branch:1"]]


def test_the_chosen_branch_is_streamed_chunk_by_chunk():
    """Streaming yields the chosen runnable's chunks as they come."""

    def letters(word):
        yield from word

    branch = RunnableBranch((lambda w: w, RunnableLambda(letters)), str)
    assert list(branch.stream("ab")) == ["a", "b"]


def test_early_close_ends_all_runs(heard):
    """Leaving the stream early ends the run and the branch's."""

    def letters(word):
        yield from word

    branch = RunnableBranch((lambda w: w, RunnableLambda(letters)), str)
    stream = branch.stream("ab", {"callbacks": [heard]})
    next(stream)
    stream.close()
    heard.assert_all_runs_ended()


@pytest.mark.parametrize(
    ("branches", "error"),
    [
        ((len,), ValueError),
        (((len, len, len), len), ValueError),
        ((len, len), TypeError),
        (((len, 5), len), TypeError),
        (((len, len), 5), TypeError),
    ],
)
def test_malformed_branches_are_refused_when_built(branches, error):
    """Too few branches, no pairs, and members that cannot run are refused at once."""
    with pytest.raises(error):
        RunnableBranch(*branches)
