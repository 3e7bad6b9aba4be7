"""How composed runnables show themselves."""

from __future__ import annotations

import pytest

from ferrule.runnables import (
    ConfigurableField,
    RouterRunnable,
    RunnableBranch,
    RunnableLambda,
    RunnablePassthrough,
    RunnablePick,
    RunnableSerializable,
)

STEP = RunnableLambda(len)


class Greeting(RunnableSerializable[str, str]):
    word: str = "hi"

    def invoke(self, value, config=None, **kwargs):
        return f"{self.word} {value}"


CHOICE = ConfigurableField(id="kind")


@pytest.mark.parametrize(
    ("runnable", "shown"),
    [
        (STEP.bind(a=1), "RunnableBinding(bound={step}, kwargs={{'a': 1}})"),
        (
            STEP.with_types(input_type=list, output_type=int),
            (
                "RunnableBinding(bound={step}, custom_input_type=<class 'list'>, "
                "custom_output_type=<class 'int'>)"
            ),
        ),
        (STEP.map(), "RunnableEach(bound={step})"),
        (STEP.with_retry(), "RunnableRetry(bound={step})"),
        (
            STEP.with_retry(
                retry_if_exception_type=(OSError,),
                stop_after_attempt=2,
                wait_exponential_jitter=False,
            ),
            (
                "RunnableRetry(bound={step}, retry_exception_types=(<class 'OSError'>,), "
                "wait_exponential_jitter=False, max_attempt_number=2)"
            ),
        ),
        (
            STEP.with_fallbacks([RunnableLambda(abs)]),
            "RunnableWithFallbacks(runnable={step}, fallbacks=[RunnableLambda(abs)])",
        ),
        (
            STEP.with_fallbacks([STEP], exceptions_to_handle=(OSError,), exception_key="why"),
            (
                "RunnableWithFallbacks(runnable={step}, fallbacks=[{step}], "
                "exceptions_to_handle=(<class 'OSError'>,), exception_key='why')"
            ),
        ),
        (
            RunnableBranch((callable, STEP), abs),
            (
                "RunnableBranch(branches=[(RunnableLambda(callable), {step})], "
                "default=RunnableLambda(abs))"
            ),
        ),
        (RouterRunnable({"a": STEP}), "RouterRunnable(runnables={{'a': {step}}})"),
        (RunnablePick("a"), "RunnablePick(keys='a')"),
        (RunnablePassthrough.assign(n=STEP), "RunnableAssign(mapper={{\n  n: {step}\n}})"),
        (
            Greeting().configurable_fields(word=CHOICE),
            f"RunnableConfigurableFields(default=Greeting(), fields={{{{'word': {CHOICE!r}}}}})",
        ),
        (
            Greeting().configurable_fields(word=CHOICE).with_config(tags=["t"]),
            (
                "RunnableConfigurableFields(default=Greeting(), "
                f"fields={{{{'word': {CHOICE!r}}}}}, config={{{{'tags': ['t']}}}})"
            ),
        ),
        (
            Greeting().configurable_alternatives(CHOICE, short=Greeting(word="yo")),
            (
                f"RunnableConfigurableAlternatives(default=Greeting(), which={CHOICE!r}, "
                "alternatives={{'short': Greeting(word='yo')}}, prefix_keys=False)"
            ),
        ),
        (
            Greeting().configurable_alternatives(CHOICE, default_key="long", prefix_keys=True),
            (
                f"RunnableConfigurableAlternatives(default=Greeting(), which={CHOICE!r}, "
                "alternatives={{}}, default_key='long', prefix_keys=True)"
            ),
        ),
    ],
)
def test_a_composed_runnable_shows_its_parts_by_name(runnable, shown):
    """The representation is the call that makes it, without what is left at its default."""
    assert repr(runnable) == shown.format(step="RunnableLambda(len)")
