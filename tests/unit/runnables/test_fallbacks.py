from __future__ import annotations

import pytest

from ferrule.runnables import Runnable, RunnableGenerator, RunnableLambda

from .conftest import collect


def fails(x):
    raise ValueError(f"no {x}")


async def afails(x):
    raise ValueError(f"no {x}")


def test_the_first_that_succeeds_is_used(run):
    """Fallbacks are tried in order; the run's children are all that were tried."""
    step = RunnableLambda(fails).with_fallbacks([RunnableLambda(fails), RunnableLambda(str)])
    assert step.invoke(1) == "1"
    assert run(step.ainvoke(1)) == "1"


def test_children_belong_to_the_run(heard):
    """What is tried runs under the run of the fallbacks."""
    step = RunnableLambda(fails).with_fallbacks([RunnableLambda(abs)])
    assert step.invoke(-1, {"callbacks": [heard]}) == 1
    (root,) = heard.trace.roots
    assert [child.name for child in root.children] == ["fails", "abs"]


def test_the_first_failure_is_raised_when_all_fail():
    """If nothing succeeds, the first failure is what the caller gets."""

    def other(x):
        raise KeyError(x)

    with pytest.raises(ValueError, match="no 1"):
        RunnableLambda(fails).with_fallbacks([RunnableLambda(other)]).invoke(1)


def test_unhandled_failures_are_raised_at_once():
    """Failures that are not to be handled skip the fallbacks."""
    called = []
    step = RunnableLambda(fails).with_fallbacks(
        [RunnableLambda(called.append)], exceptions_to_handle=(KeyError,)
    )
    with pytest.raises(ValueError, match="no 1"):
        step.invoke(1)
    assert not called


def test_the_exception_is_passed_in_a_copy_of_the_input(run):
    """A fallback finds the failure under the key; the caller's input stays as it was."""
    step = RunnableLambda(fails).with_fallbacks(
        [RunnableLambda(lambda d: str(d["error"]))], exception_key="error"
    )
    given = {"x": 1}
    assert step.invoke(given) == "no {'x': 1}"
    assert run(step.ainvoke(given)) == "no {'x': 1}"
    assert given == {"x": 1}


def test_an_exception_key_needs_a_dictionary(heard):
    """Another input is refused before any event, naming the value."""
    step = RunnableLambda(fails).with_fallbacks([RunnableLambda(str)], exception_key="error")
    with pytest.raises(ValueError, match=r"5 \(int\)"):
        step.invoke(5, {"callbacks": [heard]})
    assert not heard.trace.names


def test_a_stream_falls_back_before_its_first_chunk(run):
    """A failure before the first chunk leads to the fallback, a later one is raised."""

    def early(chunks):
        raise ValueError("early")
        yield

    def late(chunks):
        yield "a"
        raise ValueError("late")

    def good(chunks):
        yield "x"
        yield "y"

    fallback = RunnableGenerator(good)
    assert list(RunnableGenerator(early).with_fallbacks([fallback]).stream(1)) == ["x", "y"]
    got = []
    with pytest.raises(ValueError, match="late"):
        got.extend(iter(RunnableGenerator(late).with_fallbacks([fallback]).stream(1)))
    spare = RunnableLambda(str)
    assert run(collect(RunnableLambda(afails).with_fallbacks([spare]).astream(1))) == ["1"]


def test_every_slot_of_a_batch_has_its_own_fallbacks():
    """In a batch an input's failure harms no other, and handled ones are replaced."""

    def picky(x):
        if x == 1:
            raise ValueError("one")
        if x == 2:
            raise KeyError("two")
        return x

    step = RunnableLambda(picky).with_fallbacks(
        [RunnableLambda(lambda x: "spare")], exceptions_to_handle=(ValueError,)
    )
    first, second, third = step.batch([1, 2, 3], return_exceptions=True)
    assert first == "spare"
    assert isinstance(second, KeyError)
    assert third == 3


def test_methods_that_return_runnables_apply_to_all():
    """A method such as `bind_tools` is applied to the runnable and to its fallbacks."""

    class Model(Runnable):
        def __init__(self, tools=()):
            self.name = None
            self.tools = tools

        def invoke(self, input, config=None, **kwargs):
            return self.tools

        def bind_tools(self, tools) -> Runnable:
            return Model(tools)

    bound = Model().with_fallbacks([Model()]).bind_tools(["hammer"])
    assert bound.runnable.tools == bound.fallbacks[0].tools == ["hammer"]
    assert Model().with_fallbacks([]).tools == ()


def test_a_fallback_is_a_runnable():
    """Something else among the fallbacks is refused when it is given."""
    with pytest.raises(TypeError, match="5"):
        RunnableLambda(fails).with_fallbacks([5])


@pytest.mark.parametrize("fallbacks", [5, RunnableLambda(str)])
def test_fallbacks_are_a_list(fallbacks):
    """A single runnable, or something else, in place of the list is named."""
    with pytest.raises(TypeError, match=rf"list of runnables.*{type(fallbacks).__name__}"):
        RunnableLambda(fails).with_fallbacks(fallbacks)


@pytest.mark.parametrize("handled", ["x", ("x",), [ValueError], int])
def test_only_exceptions_can_be_handled(handled):
    """What cannot be caught is refused at once, not when something is to be caught."""
    with pytest.raises(TypeError, match="exceptions_to_handle is an exception class"):
        RunnableLambda(fails).with_fallbacks([RunnableLambda(str)], exceptions_to_handle=handled)
