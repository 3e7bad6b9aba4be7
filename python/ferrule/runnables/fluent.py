"""The composition half of `Runnable`: methods that make a new runnable out of this one.

None of them changes the runnable it is called on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, overload

from ferrule.runnables import _build
from ferrule.runnables._typing import Input, Other, Output
from ferrule.runnables.bound_config import config_to_bind

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Coroutine,
        Iterator,
        Mapping,
        Sequence,
    )

    from pydantic import BaseModel

    from ferrule.runnables._typing import AsyncListener, ExceptionTypes, Function, Listener
    from ferrule.runnables.base import Runnable
    from ferrule.runnables.binding import RunnableBinding
    from ferrule.runnables.config import RunnableConfig
    from ferrule.runnables.configurable import RunnableConfigurableAlternatives
    from ferrule.runnables.configurable_specs import ConfigurableField
    from ferrule.runnables.each import RunnableEach
    from ferrule.runnables.fallbacks import RunnableWithFallbacks
    from ferrule.runnables.retry import ExponentialJitterParams, RunnableRetry
    from ferrule.runnables.sequence import RunnableSequence
    from ferrule.tools import BaseTool


class Fluent(Generic[Input, Output]):
    """Ways to build on a runnable."""

    @overload
    def __or__(self, other: Runnable[Output, Other]) -> RunnableSequence[Input, Other]: ...
    @overload
    def __or__(self, other: Mapping[str, Any]) -> RunnableSequence[Input, dict[str, Any]]: ...
    @overload
    def __or__(
        self, other: Function[Output, Coroutine[Any, Any, Other]]
    ) -> RunnableSequence[Input, Other]: ...
    @overload
    def __or__(
        self, other: Function[Iterator[Any], Iterator[Other]]
    ) -> RunnableSequence[Input, Other]: ...
    @overload
    def __or__(
        self, other: Function[AsyncIterator[Any], AsyncIterator[Other]]
    ) -> RunnableSequence[Input, Other]: ...
    @overload
    def __or__(self, other: Function[Output, Other]) -> RunnableSequence[Input, Other]: ...
    def __or__(self, other: Any) -> RunnableSequence[Input, Any]:
        """Run this, then `other` on its output.

        Args:
            other: A runnable, a function, a generator function (which gets the stream of
                chunks), or a mapping of those (which run side by side).

        Raises:
            TypeError: `other` is none of these.

        Example:
            >>> from ferrule.runnables import RunnableLambda
            >>> chain = RunnableLambda(lambda x: x + 1) | (lambda x: x * 10)
            >>> chain.invoke(1)
            20
        """
        return _build.join(self, other)

    @overload
    def __ror__(self, other: Mapping[str, Any]) -> RunnableSequence[Any, Output]: ...
    @overload
    def __ror__(self, other: Function[Other, Any]) -> RunnableSequence[Other, Output]: ...
    def __ror__(self, other: Any) -> RunnableSequence[Any, Output]:
        """Run `other` (a function or a mapping), then this on its output."""
        return _build.join(other, self)

    def pipe(
        self, *others: Runnable[Any, Other] | Callable[[Any], Other], name: str | None = None
    ) -> RunnableSequence[Input, Other]:
        """Run this, then each of the others on the output so far.

        Args:
            *others: What `|` takes.
            name: Name of the resulting sequence's runs.
        """
        return _build.sequence(self, *others, name=name)

    def pick(self, keys: str | list[str]) -> RunnableSequence[Input, Any]:
        """Take one key (its value) or several keys (a dictionary) of the output.

        Example:
            >>> from ferrule.runnables import RunnablePassthrough
            >>> RunnablePassthrough().pick("name").invoke({"name": "ada", "age": 36})
            'ada'
        """
        return _build.sequence(self, _build.pick(keys))

    def assign(self, **kwargs: Any) -> RunnableSequence[Input, dict[str, Any]]:
        """Add keys to the output, which must be a dictionary.

        Args:
            **kwargs: New key to the runnable, function or mapping that computes its value from
                the whole output.

        Example:
            >>> from ferrule.runnables import RunnablePassthrough
            >>> RunnablePassthrough().assign(n=lambda d: len(d["name"])).invoke({"name": "ada"})
            {'name': 'ada', 'n': 3}
        """
        return _build.sequence(self, _build.assign(_build.parallel(kwargs)))

    def bind(self, **kwargs: Any) -> RunnableBinding[Input, Output]:
        """Pass these keyword arguments at every call; the ones of a call win over them."""
        return _build.binding(bound=self, kwargs=kwargs)

    def with_config(
        self, config: RunnableConfig | None = None, **kwargs: Any
    ) -> RunnableBinding[Input, Output]:
        """Use this config at every call; the config of a call is merged on top of it.

        Callbacks add up, tags are united in order, metadata and configurable values are merged
        key by key. Calling it on a bound runnable merges with what is bound already.

        Args:
            config: A config.
            **kwargs: Single config keys, which win over `config`.

        Raises:
            TypeError: A value has the wrong type, or a callback is a class, not an instance.

        Example:
            >>> from ferrule.runnables import RunnableLambda
            >>> step = RunnableLambda(lambda x, config: config["tags"]).with_config(tags=["a"])
            >>> step.invoke(1, {"tags": ["b"]})
            ['a', 'b']
        """
        return _build.binding(bound=self, config=config_to_bind(config, kwargs))

    def with_listeners(
        self,
        *,
        on_start: Listener | None = None,
        on_end: Listener | None = None,
        on_error: Listener | None = None,
    ) -> RunnableBinding[Input, Output]:
        """Call functions when a run of this runnable starts, ends or fails.

        Each gets the run record (id, inputs, outputs, error, times), and the config if it names a
        parameter `config`. Runs inside the runnable are not reported. What a listener raises is
        logged, as for any handler.

        Raises:
            TypeError: A listener cannot be called.
        """
        return self._listened(
            _build.root_listeners, on_start=on_start, on_end=on_end, on_error=on_error
        )

    def with_alisteners(
        self,
        *,
        on_start: AsyncListener | None = None,
        on_end: AsyncListener | None = None,
        on_error: AsyncListener | None = None,
    ) -> RunnableBinding[Input, Output]:
        """Await coroutine functions when a run of this runnable starts, ends or fails.

        They get what those of `with_listeners` get.
        """
        return self._listened(
            _build.async_root_listeners, on_start=on_start, on_end=on_end, on_error=on_error
        )

    def _listened(self, tracer: Any, **listeners: Any) -> RunnableBinding[Input, Output]:
        for event, listener in listeners.items():
            if listener is not None and not callable(listener):
                msg = f"{event} is a function, but got {listener!r} ({type(listener).__name__})."
                raise TypeError(msg)

        def listen(config: RunnableConfig) -> RunnableConfig:
            return {"callbacks": [tracer(config=config, **listeners)]}

        return _build.binding(bound=self, config_factories=[listen])

    def with_types(
        self, *, input_type: Any = None, output_type: Any = None
    ) -> RunnableBinding[Input, Output]:
        """State the types, for schemas and graphs; nothing is checked when running."""
        return _build.binding(
            bound=self, custom_input_type=input_type, custom_output_type=output_type
        )

    def with_retry(
        self,
        *,
        retry_if_exception_type: ExceptionTypes | Callable[[BaseException], bool] = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: ExponentialJitterParams | None = None,
        stop_after_attempt: int = 3,
    ) -> RunnableRetry[Input, Output]:
        """Try again when it fails.

        Args:
            retry_if_exception_type: Exceptions worth another attempt, or a function that tells.
            wait_exponential_jitter: Wait between attempts, longer each time, with a random part.
            exponential_jitter_params: Seconds: `initial`, `max`, `jitter`; and `exp_base`.
            stop_after_attempt: How many attempts there are in all; 0: no limit.

        Raises:
            TypeError: What to retry on is neither exception classes nor a function, or the number
                of attempts is no number.
            ValueError: The number of attempts is negative, or a wait has an unknown name.
        """
        return _build.retry(
            bound=self,
            retry_exception_types=retry_if_exception_type,
            wait_exponential_jitter=wait_exponential_jitter,
            exponential_jitter_params=exponential_jitter_params,
            max_attempt_number=stop_after_attempt,
        )

    def with_fallbacks(
        self,
        fallbacks: Sequence[Runnable[Any, Any]],
        *,
        exceptions_to_handle: ExceptionTypes = (Exception,),
        exception_key: str | None = None,
    ) -> RunnableWithFallbacks[Input, Output]:
        """Use the first of the fallbacks that succeeds when this fails.

        Args:
            fallbacks: What to try, in order.
            exceptions_to_handle: Exceptions that lead to the next one; others are raised.
            exception_key: Key under which a fallback finds the exception in a copy of its
                input, which must then be a dictionary.
        """
        return _build.fallbacks(
            runnable=self,
            fallbacks=fallbacks,
            exceptions_to_handle=exceptions_to_handle,
            exception_key=exception_key,
        )

    def map(self) -> RunnableEach[Input, Output]:
        """Run this on every element of a list, as `batch` does, and return the list of outputs.

        Example:
            >>> from ferrule.runnables import RunnableLambda
            >>> RunnableLambda(lambda x: x + 1).map().invoke([1, 2, 3])
            [2, 3, 4]
        """
        return _build.each(bound=self)

    def configurable_alternatives(
        self,
        which: ConfigurableField,
        *,
        default_key: str = "default",
        prefix_keys: bool = False,
        **kwargs: Any,
    ) -> RunnableConfigurableAlternatives[Input, Output]:
        """Let the config of a call choose another runnable instead of this one.

        Args:
            which: The configurable value that chooses.
            default_key: The value that stands for this runnable.
            prefix_keys: Prefix the configurable values inside an alternative with its key.
            **kwargs: Key to the runnable that it chooses, or to a function that makes it.
        """
        return _build.configurable_alternatives(
            which=which,
            default=self,
            alternatives=kwargs,
            default_key=default_key,
            prefix_keys=prefix_keys,
        )

    def as_tool(
        self,
        args_schema: type[BaseModel] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_types: dict[str, type] | None = None,
    ) -> BaseTool:
        """Offer this runnable to a model as a tool.

        Args:
            args_schema: Model of the arguments; otherwise they come from the input's schema.
            name: Name of the tool, otherwise the runnable's.
            description: What the tool does, otherwise derived from the arguments.
            arg_types: Type of each argument, where the input's schema does not tell.
        """
        tool: BaseTool = _build.runnable_to_tool(
            self,
            args_schema=args_schema,
            name=name,
            description=description,
            arg_types=arg_types,
        )
        return tool
