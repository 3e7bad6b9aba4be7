"""`RunnableBranch`: the first runnable whose condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Output
from ferrule.runnables.closing import closing_stream
from ferrule.runnables.coerce import coerce_to_runnable
from ferrule.runnables.layout import constructor_text
from ferrule.runnables.selecting import Selecting, child_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pydantic import BaseModel

    from ferrule.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable_specs import ConfigurableFieldSpec

_FEWEST_BRANCHES = 2
_PAIR = 2


class RunnableBranch(Selecting[Input, Output]):
    """Run the first of several runnables whose condition holds for the input, else a default.

    Conditions are tried in order, and only up to the first that holds. The child run of
    condition *n* has the tag `condition:n`, the chosen one `branch:n` or `branch:default`.

    Args:
        *branches: Pairs of condition and runnable; the last argument is the default runnable.
            Functions and mappings become runnables.

    Raises:
        ValueError: There is no pair, or a pair does not have two members.
        TypeError: A branch is no pair, or a member is nothing that can be run.

    Example:
        >>> size = RunnableBranch(
        ...     (lambda n: n > 100, lambda n: "large"),
        ...     (lambda n: n > 10, lambda n: "medium"),
        ...     lambda n: "small",
        ... )
        >>> size.batch([500, 50, 5])
        ['large', 'medium', 'small']
    """

    def __init__(self, *branches: Any) -> None:
        if len(branches) < _FEWEST_BRANCHES:
            msg = (
                "RunnableBranch needs at least one (condition, runnable) pair and a default, "
                f"but got {branches!r}."
            )
            raise ValueError(msg)
        self.name = None
        self.branches: list[tuple[Runnable[Input, Any], Runnable[Input, Output]]] = []
        for branch in branches[:-1]:
            if not isinstance(branch, (tuple, list)):
                msg = (
                    "Every argument of RunnableBranch but the last is a (condition, runnable) "
                    f"pair, but got {branch!r} ({type(branch).__name__})."
                )
                raise TypeError(msg)
            if len(branch) != _PAIR:
                msg = (
                    "A branch has two members, its condition and its runnable, but "
                    f"{branch!r} has {len(branch)}."
                )
                raise ValueError(msg)
            condition, runnable = map(coerce_to_runnable, branch)
            self.branches.append((condition, runnable))
        self.default: Runnable[Input, Output] = coerce_to_runnable(branches[-1])

    def _select(
        self, value: Any, run_manager: CallbackManagerForChainRun
    ) -> tuple[Runnable[Input, Output], RunnableConfig]:
        for number, (condition, runnable) in enumerate(self.branches, start=1):
            if condition.invoke(value, child_config(run_manager, f"condition:{number}")):
                return runnable, child_config(run_manager, f"branch:{number}")
        return self.default, child_config(run_manager, "branch:default")

    async def _aselect(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun
    ) -> tuple[Runnable[Input, Output], RunnableConfig]:
        for number, (condition, runnable) in enumerate(self.branches, start=1):
            if await condition.ainvoke(value, child_config(run_manager, f"condition:{number}")):
                return runnable, child_config(run_manager, f"branch:{number}")
        return self.default, child_config(run_manager, "branch:default")

    def _invoke(self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any) -> Output:
        chosen, config = self._select(value, run_manager)
        return chosen.invoke(value, config, **kwargs)

    async def _ainvoke(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> Output:
        chosen, config = await self._aselect(value, run_manager)
        return await chosen.ainvoke(value, config, **kwargs)

    def _stream(
        self, value: Any, run_manager: CallbackManagerForChainRun, **kwargs: Any
    ) -> Iterator[Output]:
        chosen, config = self._select(value, run_manager)
        yield from chosen.stream(value, config, **kwargs)

    async def _astream(
        self, value: Any, run_manager: AsyncCallbackManagerForChainRun, **kwargs: Any
    ) -> AsyncIterator[Output]:
        chosen, config = await self._aselect(value, run_manager)
        async with closing_stream(chosen.astream(value, config, **kwargs)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _parts(self) -> list[Runnable[Any, Any]]:
        conditions, runnables = zip(*self.branches, strict=True)
        return [self.default, *runnables, *conditions]

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Type of the first input among the default, the runnables and the conditions."""
        kinds = (part.InputType for part in self._parts())
        return next((kind for kind in kinds if kind is not Any), super().InputType)

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The output types of all branches."""
        outputs = [self.default, *(runnable for _, runnable in self.branches)]
        return _build.schemas.union_of(part.OutputType for part in outputs)

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        for part in self._parts():
            if part.get_input_jsonschema(config).get("type") is not None:
                return part.get_input_schema(config)
        return super().get_input_schema(config)

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        return _build.schemas.unique_specs(self._parts())

    def __repr__(self) -> str:
        return constructor_text(self, "branches", "default")
