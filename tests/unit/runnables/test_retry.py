from __future__ import annotations

import pytest

from ferrule.runnables import RunnableLambda
from ferrule.runnables.attempts import RetryPolicy


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
    states = [event.payload[0] for event in heard.trace if event.event == "on_retry"]
    assert len(states) == 2
    assert states[-1].outcome.failed
    assert str(states[-1].outcome.exception()) == "attempt 2 at 1"


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


def test_waits_grow_up_to_the_limit():
    """A wait grows by its base, with a random part, and never beyond the limit."""
    params = {"initial": 1, "exp_base": 2, "jitter": 0, "max": 5}
    policy = RetryPolicy((Exception,), 0, params)
    waits = [policy.wait_after(n, ValueError()) for n in range(1, 6)]
    assert waits == [1, 2, 4, 5, 5]
    jittered = RetryPolicy((Exception,), 0, {"jitter": 0.5})
    assert 1 <= jittered.wait_after(1, ValueError()) <= 1.5
    assert RetryPolicy((Exception,), 2, None).wait_after(2, ValueError()) is None


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
