"""Tests of the shapes in which a model is called."""

from __future__ import annotations

from uuid import UUID

import pytest

from ferrule.language_models.call_shape import configs_per_prompt, run_manager_argument

ONE, TWO = UUID(int=1), UUID(int=2)


def test_shared_settings_go_to_each_prompt() -> None:
    """A setting that is no list per prompt is every prompt's; what is None is left out."""
    first, second = configs_per_prompt(2, callbacks=["h"], tags=["t"], metadata=None)
    assert first == second == {"callbacks": ["h"], "tags": ["t"]}


def test_one_run_id_is_the_first_runs() -> None:
    """A single run id is used once."""
    assert configs_per_prompt(2, run_id=ONE) == [{"run_id": ONE}, {}]


def test_run_ids_per_prompt() -> None:
    """A list of run ids gives each run its own."""
    assert configs_per_prompt(2, run_id=[ONE, TWO]) == [{"run_id": ONE}, {"run_id": TWO}]


def test_no_prompts_no_configs() -> None:
    """Without prompts there is nothing to configure."""
    assert configs_per_prompt(0, callbacks=["h"], run_id=ONE) == []


def test_settings_per_prompt() -> None:
    """A list of callbacks per prompt takes the other settings apart as well."""
    rows = configs_per_prompt(
        2, callbacks=[["a"], None], tags=[["x"], ["y"]], run_name=["n", "m"], metadata=None
    )
    assert rows == [
        {"callbacks": ["a"], "tags": ["x"], "run_name": "n"},
        {"tags": ["y"], "run_name": "m"},
    ]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"callbacks": [["a"]]}, "callbacks"),
        ({"callbacks": [["a"], []], "tags": ["t"]}, "tags"),
        ({"callbacks": [["a"], []], "run_name": "n"}, "run_name"),
        ({"run_id": [ONE]}, "run_id"),
    ],
)
def test_lists_must_have_one_value_per_prompt(settings: dict, named: str) -> None:
    """A list of another length is refused by name."""
    with pytest.raises(ValueError, match=named):
        configs_per_prompt(2, **settings)


def test_run_manager_is_passed_to_methods_that_name_it() -> None:
    """A method without the parameter is called without it."""

    class Model:
        def new(self, prompt, run_manager=None): ...

        def old(self, prompt, **kwargs): ...

    assert run_manager_argument(Model().new, "manager") == {"run_manager": "manager"}
    assert run_manager_argument(Model().old, "manager") == {}
