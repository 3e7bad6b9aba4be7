from __future__ import annotations

import gc
import weakref
from traceback import walk_tb

import pytest
from tenacity import RetryCallState

from ferrule.callbacks import BaseCallbackHandler
from ferrule.runnables import RunnableLambda
from ferrule.runnables.attempts import Attempts, RetryPolicy


class Flaky:
    """Fails as often as it is told to, for each input, and then returns it."""

    def __init__(self, failures):
        self.failures = failures
        self.calls = {}

    def __call__(self, x):
        self.calls[x] = self.calls.get(x, 0) + 1
        if self.calls[x] <= self.failures:
            raise ValueError(f"attempt {self.calls[x]} at {x}")
        return x


def at_once(func, **settings):
    return RunnableLambda(func).with_retry(wait_exponential_jitter=False, **settings)


def test_it_tries_until_it_succeeds(run):
    """Failures are retried up to the limit, sync and async."""
    assert at_once(Flaky(2)).invoke(1) == 1
    flaky = Flaky(2)

    async def call(x):
        return flaky(x)

    assert run(at_once(call).ainvoke(1)) == 1


def test_the_last_failure_is_raised():
    """When the attempts are used up, the last failure is raised as it is."""
    with pytest.raises(ValueError, match="attempt 2"):
        at_once(Flaky(5), stop_after_attempt=2).invoke(1)


@pytest.mark.parametrize("worth_it", [(KeyError,), lambda error: False])
def test_other_failures_are_not_retried(worth_it):
    """Only the failures that are worth it lead to another attempt."""
    flaky = Flaky(1)
    with pytest.raises(ValueError, match="attempt 1"):
        at_once(flaky, retry_if_exception_type=worth_it).invoke(1)
    assert flaky.calls == {1: 1}


def test_interrupts_are_not_retried():
    """An interrupt of the program ends the attempts."""
    calls = []

    def interrupted(x):
        calls.append(x)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_once(interrupted).invoke(1)
    assert calls == [1]


def test_attempts_are_tagged_and_told(heard):
    """Later attempts are tagged, and `on_retry` says which attempt failed and how."""
    at_once(Flaky(2)).invoke(1, {"callbacks": [heard]})
    (root,) = heard.trace.roots
    assert root.name == "RunnableLambda"
    assert [child.tags for child in root.children] == [
        [],
        ["retry:attempt:2"],
        ["retry:attempt:3"],
    ]


class Retries(BaseCallbackHandler):
    """Notes what it is told of failed attempts."""

    def __init__(self):
        self.told = []

    def on_retry(self, retry_state, **kwargs):
        assert isinstance(retry_state, RetryCallState)
        outcome = retry_state.outcome
        assert outcome.failed
        assert retry_state.seconds_since_start >= 0
        self.told.append((retry_state.attempt_number, retry_state.args, outcome.exception()))


def test_on_retry_says_which_attempt_failed_and_how(run):
    """Handlers get tenacity's state of the failed attempt, sync and async."""
    retries = Retries()
    at_once(Flaky(2)).invoke(1, {"callbacks": [retries]})
    run(at_once(Flaky(2)).ainvoke(1, {"callbacks": [retries]}))
    told = [(number, args, str(error)) for number, args, error in retries.told]
    each = [(1, (1,), "attempt 1 at 1"), (2, (1,), "attempt 2 at 1")]
    assert told == [*each, *each]


def test_the_last_failure_is_raised_untouched_and_kept_by_nothing():
    """The caller gets the exception itself, by way of ferrule's frames, in no cycle."""
    made = []

    class Failure(Exception):
        def __init__(self):
            made.append(weakref.ref(self))

    def fail(x):
        raise Failure

    step = at_once(fail, stop_after_attempt=2)
    gc.collect()
    gc.disable()
    try:
        try:
            step.invoke(1)
        except Failure as caught:
            facts = caught is made[-1](), caught.__context__
            modules = [frame.f_globals["__name__"] for frame, _ in walk_tb(caught.__traceback__)]
        assert facts == (True, None)
        assert modules[0] == modules[-1] == __name__
        assert {name.partition(".")[0] for name in modules[1:-1]} == {"ferrule"}
        assert [failure() for failure in made] == [None, None]
    finally:
        gc.enable()


def test_every_slot_of_a_batch_has_its_own_attempts(run):
    """In a batch each input is retried by itself and keeps its slot."""

    def odd_fails(x):
        if x % 2:
            raise ValueError(f"{x} is odd")
        return x

    step = at_once(odd_fails, stop_after_attempt=2)
    for got in (
        step.batch([1, 2, 3, 4], return_exceptions=True),
        run(_abatch(step, [1, 2, 3, 4])),
    ):
        assert [str(item) for item in got] == ["1 is odd", "2", "3 is odd", "4"]


async def _abatch(step, inputs):
    return await step.abatch(inputs, return_exceptions=True)


def waits_of(policy, count):
    attempts, waits = Attempts(policy, (), {}), []
    for _ in range(count):
        state = attempts.after(ValueError())
        if state is None:
            break
        waits.append(state.upcoming_sleep)
        attempts.next(state)
    return waits


def test_waits_grow_up_to_the_limit():
    """A wait grows by its base, with a random part, and never beyond the limit."""
    params = {"initial": 1, "exp_base": 2, "jitter": 0, "max": 5}
    assert waits_of(RetryPolicy((Exception,), 0, params), 5) == [1, 2, 4, 5, 5]
    (jittered,) = waits_of(RetryPolicy((Exception,), 0, {"jitter": 0.5}), 1)
    assert 1 <= jittered <= 1.5
    assert waits_of(RetryPolicy((Exception,), 3, None), 5) == [0, 0]
    steep = {"exp_base": 1e300, "jitter": 0, "max": 7}
    assert waits_of(RetryPolicy((Exception,), 0, steep), 4) == [1, 7, 7, 7]


def test_a_binding_keeps_its_config_when_retried():
    """Retrying a binding retries what is bound, under the bound config."""
    step = RunnableLambda(Flaky(1)).with_config(tags=["b"])
    retried = step.with_retry(wait_exponential_jitter=False)
    assert type(retried) is type(step)
    assert retried.invoke(1) == 1


@pytest.mark.parametrize("types", ["x", ("x",), 5, int])
def test_only_exceptions_can_be_retried(types):
    """What is neither exception classes nor a function is refused at once."""
    with pytest.raises(TypeError, match="retry_if_exception_type is an exception class"):
        at_once(Flaky(1), retry_if_exception_type=types)


def test_a_negative_number_of_attempts_is_refused():
    """Attempts are counted from one; 0 stands for no limit."""
    with pytest.raises(ValueError, match="got -1"):
        at_once(Flaky(1), stop_after_attempt=-1)
    assert at_once(Flaky(5), stop_after_attempt=0).invoke(1) == 1
