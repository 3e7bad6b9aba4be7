"""What a parser is: text or a message in, a value out, one run of type "parser".

Streaming parsers are in `transform`; the concrete ones have a module each.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_type_hints

from ferrule._core import MethodDrive
from ferrule.load.old_names import DictIsAsdict
from ferrule.messages import AnyMessage, BaseMessage
from ferrule.outputs import ChatGeneration, Generation
from ferrule.outputs.chat_generation import text_of
from ferrule.runnables.base import Runnable
from ferrule.runnables.context import run_in_executor
from ferrule.runnables.serializable import RunnableSerializable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ferrule.prompt_values import PromptValue
    from ferrule.runnables.config import RunnableConfig

T = TypeVar("T")
R = TypeVar("R")

ModelOutput = BaseMessage | str

OutputParserLike = Runnable[ModelOutput, T]
"""Anything that turns what a model says into a `T`."""


def as_generation(said: Any) -> Generation:
    """Wrap what a model said in the generation that `parse_result` takes.

    Raises:
        TypeError: If `said` is neither text nor a message.
    """
    if isinstance(said, BaseMessage):
        return ChatGeneration._trusted(message=said)
    if isinstance(said, str):
        return Generation._trusted(text=said)
    msg = f"An output parser takes text or a message, not {type(said).__name__}: {said!r}."
    raise TypeError(msg)


class BaseLLMOutputParser(ABC, Generic[T]):
    """Turn the candidates that a model generated into a value."""

    _runs_inline: ClassVar[bool] = False
    """Whether this class's parsing is quick enough for the event loop.

    A class that defines its own `parse` or `parse_result` says so for itself; it is not inherited
    by classes that define another, since those may block.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if ("parse" in own or "parse_result" in own) and "_runs_inline" not in own:
            cls._runs_inline = False

    @abstractmethod
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> T:
        """Parse the candidates of one prompt, most likely first.

        Args:
            result: The candidates; most parsers read the first only.
            partial: Whether the text may stop in the middle, as it does while it streams. A
                parser that cannot make anything of such text returns None.

        Raises:
            OutputParserException: If the text is not of the expected form.
        """

    async def aparse_result(self, result: list[Generation], *, partial: bool = False) -> T:
        """Do as `parse_result` does, in a thread where the parser is user code that may block."""
        return await self._settle(self.parse_result, result, partial=partial)

    async def _settle(self, parse: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        if self._runs_inline:
            return parse(*args, **kwargs)
        return await run_in_executor(None, parse, *args, **kwargs)


class BaseGenerationOutputParser(
    MethodDrive, BaseLLMOutputParser[T], RunnableSerializable[ModelOutput, T]
):
    """A parser as a runnable, for subclasses that need the generations and not just their text."""

    _type_of_run: ClassVar[str] = "parser"
    _serialized: ClassVar[None] = None
    """Parsers are told by name and class only."""

    if not TYPE_CHECKING:
        # As for all runnables that are pydantic models: the core's is not for copying.
        __new__ = object.__new__

    @property
    def InputType(self) -> Any:  # noqa: N802  the documented name
        """Text or a message."""
        return str | AnyMessage

    @property
    def OutputType(self) -> Any:  # noqa: N802  the documented name
        """The type argument of the class, else what its parsing method says it returns."""
        for base in type(self).__mro__:
            if issubclass(base, BaseLLMOutputParser):
                args = getattr(base, "__pydantic_generic_metadata__", {}).get("args", ())
                if args and not isinstance(args[0], TypeVar):
                    return args[0]
        return _declared_result(type(self))

    if TYPE_CHECKING:

        def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> T:
            """Parse a message or a string in a run of type "parser".

            Raises:
                OutputParserException: If the text is not of the expected form.
            """
            raise NotImplementedError

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> T:  # noqa: ARG002  name fixed by the Runnable protocol
        """Do as `invoke` does, without blocking the event loop."""
        return await self._acall_with_config(
            self._abody_of_run, input, config, run_type=self._type_of_run
        )

    def _body_of_run(self, said: Any) -> T:
        return self.parse_result([as_generation(said)])

    async def _abody_of_run(self, said: Any) -> T:
        return await self.aparse_result([as_generation(said)])


class BaseOutputParser(DictIsAsdict, BaseGenerationOutputParser[T]):
    """A parser of text: subclasses implement `parse`.

    Example:
        >>> class YesNo(BaseOutputParser[bool]):
        ...     def parse(self, text: str) -> bool:
        ...         return text.strip().lower() == "yes"
        >>> YesNo().invoke("Yes")
        True
    """

    @abstractmethod
    def parse(self, text: str) -> T:
        """Parse the text of one answer.

        Raises:
            OutputParserException: If the text is not of the expected form.
        """

    _reads_text: ClassVar[bool] = True
    """Whether the text is all that is read, so that no generation is made around it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._reads_text = cls.parse_result is BaseOutputParser.parse_result

    def _body_of_run(self, said: Any) -> T:
        if self._reads_text:
            if type(said) is str:
                return self.parse(said)
            if isinstance(said, BaseMessage):
                return self.parse(text_of(said))
        return super()._body_of_run(said)

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> T:  # noqa: ARG002  text parsers see no difference
        """Parse the text of the first candidate."""
        return self.parse(result[0].text)

    async def aparse(self, text: str) -> T:
        """Do as `parse` does, in a thread where the parser is user code that may block."""
        return await self._settle(self.parse, text)

    def parse_with_prompt(self, completion: str, prompt: PromptValue) -> Any:  # noqa: ARG002  for parsers that ask again
        """Parse an answer, knowing the prompt that led to it; plain parsers don't need it."""
        return self.parse(completion)

    def get_format_instructions(self) -> str:
        """Text for a prompt that tells the model which form its answer must have.

        Raises:
            NotImplementedError: If the parser takes any form.
        """
        msg = f"{type(self).__name__} has no format instructions."
        raise NotImplementedError(msg)

    @property
    def _type(self) -> str:
        msg = f"{type(self).__name__} has no `_type`; define it to name the parser in `asdict()`."
        raise NotImplementedError(msg)

    def asdict(self, **kwargs: Any) -> dict[str, Any]:
        """Return the fields of the parser, with its kind under `_type` if it has one."""
        fields = self.model_dump(**kwargs)
        with contextlib.suppress(NotImplementedError):
            fields["_type"] = self._type
        return fields


def _declared_result(parser: type[BaseLLMOutputParser[Any]]) -> Any:
    for name in ("parse", "parse_result"):
        method = getattr(parser, name, None)
        # A NameError: the annotation names something that is known to type checkers only.
        with contextlib.suppress(NameError, TypeError):
            declared = get_type_hints(method).get("return", Any)
            if not isinstance(declared, TypeVar):
                return declared
    return Any
