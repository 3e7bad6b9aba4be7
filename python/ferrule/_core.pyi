"""The Rust half of ferrule: ids, events, handlers, configs, runs and what drives them.

Applications use `ferrule.callbacks` and `ferrule.runnables`, which give these names their public
faces. Authors of integrations open runs with `RunPlan`.
"""

from asyncio import AbstractEventLoop, Future
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextvars import Context, ContextVar
from types import TracebackType
from typing import (
    Any,
    Generic,
    Literal,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    final,
    type_check_only,
)
from uuid import UUID

from typing_extensions import ParamSpec, Self, disjoint_base

from ferrule.agents import AgentAction, AgentFinish
from ferrule.callbacks.base import Callbacks
from ferrule.callbacks.handlers import BaseCallbackHandler
from ferrule.callbacks.managers import AsyncCallbackManager, BaseCallbackManager, CallbackManager
from ferrule.callbacks.run_managers import (
    CallbackManagerForChainRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
    CallbackManagerForToolRun,
)
from ferrule.documents import Document
from ferrule.messages import BaseMessage
from ferrule.outputs import ChatGenerationChunk, ChatResult, GenerationChunk, LLMResult
from ferrule.runnables.base import Runnable
from ferrule.runnables.config import RunnableConfig

__all__ = [
    "ArgumentModel",
    "BindingDrive",
    "Blueprint",
    "ChatDrive",
    "ChatFacts",
    "Guise",
    "Hop",
    "LambdaDrive",
    "ManagerBase",
    "MethodDrive",
    "Once",
    "OpenRun",
    "ParallelDrive",
    "PartFacts",
    "RetrieverDrive",
    "RetrieverFacts",
    "RunHandle",
    "RunPlan",
    "RunnableBase",
    "SequenceDrive",
    "Tally",
    "TextChunks",
    "TokenLog",
    "TokenStream",
    "ToolDrive",
    "ToolFacts",
    "ToolRun",
    "TransformDrive",
    "adopt_scope_variable",
    "as_response",
    "check_config",
    "check_streamed",
    "checked_documents",
    "config_keys",
    "ensure_config",
    "event_table",
    "filled_messages",
    "filled_text",
    "get_config_list",
    "get_debug",
    "input_list",
    "langchain_is_loaded",
    "merge_configs",
    "parameters_of_call",
    "patch_config",
    "register_configure_hook",
    "reseed_after_fork",
    "serve_pool",
    "set_debug",
    "set_scope",
    "spread_config",
    "uuid7",
    "watch_attachments",
    "with_message_ids",
]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_P = ParamSpec("_P")

_Kind: TypeAlias = Literal["chain", "llm", "chat_model", "tool", "retriever"]
_Configs: TypeAlias = RunnableConfig | Sequence[RunnableConfig] | None

# ---------------------------------------------------------------------------------------- models

@final
class Blueprint:
    """How to build instances of a pydantic class from values that are known to be valid.

    Args:
        cls: The class.
        slots: The descriptors of pydantic's slots for given fields, extra and private attributes.
        defaults: Every field in order, with its default where all instances can share it.
        fresh: Fields whose default is made anew for each instance, with what makes it.
        allows_extra: Whether instances keep values that are no fields.
        derived_from: Fields after which, if they are given, the instance's `_derive` is called.
        taken_over: `(field, of, part)`: where `of.part` is a text, it becomes the value of `field`,
            and `_derive` is not called.

    Raises:
        TypeError: Instances of the class need more than their pydantic state.
    """

    def __new__(
        cls,
        cls_: type,
        slots: tuple[Any, Any, Any],
        defaults: dict[str, Any],
        fresh: list[tuple[str, Callable[[], Any]]],
        *,
        allows_extra: bool,
        derived_from: list[str],
        taken_over: tuple[str, str, str] | None,
    ) -> Self: ...
    def build(self, /, **values: Any) -> Any:
        """Build an instance with these fields given; values are taken as they are."""

# ---------------------------------------------------------------------------------- ids, events

def uuid7() -> UUID:
    """Make a run id (RFC 9562, version 7).

    Ids of a process strictly increase, in all its threads; no two processes share one, a forked
    one included.

    Example:
        >>> first, second = uuid7(), uuid7()
        >>> first < second, first.version
        (True, 7)
    """

def reseed_after_fork() -> None:
    """Let a forked child draw ids of its own and start its own threads.

    `import ferrule` registers it with `os.register_at_fork`.
    """

def event_table() -> list[tuple[str, str | None]]:
    """List the hooks that handlers may have, each with the flag that silences it, if any.

    Example:
        >>> ("on_chain_start", "ignore_chain") in event_table()
        True
    """

# ------------------------------------------------------------------------------------- configs

def ensure_config(config: RunnableConfig | None = None) -> RunnableConfig:
    """Complete a config: defaults, then what the surrounding run hands down, then `config`.

    The lists and dictionaries in the result are the caller's to change.

    Raises:
        TypeError: A value has the wrong type; the message names the key and the value.

    Example:
        >>> ensure_config({"tags": ["mine"]})["recursion_limit"]
        25
    """

def merge_configs(*configs: RunnableConfig | None) -> RunnableConfig:
    """Merge configs, the later ones on top.

    Callbacks add up, each handler once; tags are a union in order; metadata and configurable
    merge key by key; of the others the last value that is given wins, but for a recursion limit
    that is the default: complete configs have it without being asked. Of nothing it is empty.

    Example:
        >>> merge_configs({"tags": ["a"]}, {"tags": ["b", "a"]})["tags"]
        ['a', 'b']
    """

def patch_config(
    config: RunnableConfig | None = None,
    *,
    callbacks: Callbacks = None,
    recursion_limit: int | None = None,
    max_concurrency: int | None = None,
    run_name: str | None = None,
    configurable: dict[str, Any] | None = None,
) -> RunnableConfig:
    """Complete a config and replace parts of it; `config` itself stays as it is.

    New `callbacks` are for another run, so `run_name` and `run_id` are left out with them.
    `configurable` is merged key by key.
    """

def check_streamed(inputs: object, is_async: bool) -> None:
    """Refuse what a stream of chunks cannot be read from.

    Raises:
        TypeError: It is no (async) iterable.
    """

def spread_config(
    config: RunnableConfig | Sequence[RunnableConfig] | None, length: int
) -> tuple[list[RunnableConfig | None], int | None]:
    """Make the config of each input, as it was given, and how many may run at once.

    Raises:
        TypeError: A config holds something of the wrong type.
    """

def get_config_list(config: _Configs, length: int) -> list[RunnableConfig]:
    """Make one complete config for each of `length` inputs.

    A `run_id` is the first input's alone; a `RuntimeWarning` says so.

    Raises:
        ValueError: `length` is negative, or a list of configs has another length.
    """

def input_list(inputs: Sequence[_T]) -> list[_T]:
    """Return the inputs of a batch as a list; a list is returned as it is.

    Raises:
        TypeError: It is one input (a string, a dict, something that is not iterable).
    """

def check_config(config: RunnableConfig | None) -> None:
    """Raise the error that an invocation with this config would raise, if any."""

def config_keys() -> list[str]:
    """List the keys of a config."""

def set_scope(config: RunnableConfig | None = None) -> None:
    """Let what runs in the current context inherit from a config, as if inside its run."""

# -------------------------------------------------------------------------------- ambient state

def register_configure_hook(
    context_var: ContextVar[Any],
    inheritable: bool,
    handle_class: type[BaseCallbackHandler] | None = None,
    env_var: str | None = None,
) -> None:
    """Let the handler in a context variable hear of every run that is opened.

    `ferrule.callbacks.register_configure_hook` checks the arguments first, and documents them.
    """

def set_debug(value: bool) -> None:
    """Show every run on the console, or stop doing so; see `ferrule.globals.set_debug`."""

def get_debug() -> bool:
    """Tell whether every run is shown on the console."""

# ----------------------------------------------------------------------------- langchain-core

@final
class Guise:
    """The `__class__` of objects that are to pass langchain-core's `isinstance`.

    See `ferrule.interop.guises`.
    """

    def __new__(cls) -> Guise: ...
    def __get__(self, instance: object, owner: object = None, /) -> Any: ...
    def __set__(self, instance: object, value: object, /) -> None: ...

def langchain_is_loaded() -> None:
    """Tell the core that langchain-core is loaded; see `ferrule.interop.arrival`."""

def adopt_scope_variable(variable: ContextVar[Any]) -> None:
    """Keep the current scope in this variable from now on; it takes over the one there is.

    Raises:
        TypeError: If another variable was adopted before.
    """

def watch_attachments(
    variables: Sequence[ContextVar[Any]] | None = None,
    cells: Sequence[tuple[dict[Any, Any], Any, Any]] | None = None,
    lists: Sequence[list[Any]] | None = None,
    classes: Sequence[type] | None = None,
) -> None:
    """Say where to look for what is attached to langchain-core; see `ferrule.interop.attachments`.

    Nothing is attached as long as the variables hold `None`, the dicts of the cells have the same
    value under the key (`None`: no value), and lists and classes are as they are now. Without
    `variables` something is attached until further notice.
    """

# -------------------------------------------------------------------------------------- pools

def serve_pool() -> None:
    """Work off what batches and parallels offer; never returns, so a daemon thread calls it."""

@final
class Hop(Awaitable[_T_co]):
    """A call on a worker thread (`ferrule.callbacks.workers`): a future, to asyncio.

    It cannot be cancelled, since a thread cannot be stopped: whoever awaits it and is cancelled
    is told that when the call is through.
    """

    def __new__(cls, event_loop: AbstractEventLoop, work: Callable[[], _T_co]) -> Self: ...
    def run(self) -> None:
        """Make the call, on the worker thread, and keep what comes of it, once."""

    def report(self) -> None:
        """Wake who waits for the outcome; on any thread."""

    def linger(self) -> bool:
        """Wait for a short call, for 60 µs at most; returns whether it is through."""

    def follow(self, future: Future[None]) -> None:
        """Take over how the future of an executor ended that was to `run` this."""

    def done(self) -> bool: ...
    def result(self) -> _T_co:
        """Return the outcome, or raise it.

        Raises:
            RuntimeError: The call is not through.
        """

    def exception(self) -> BaseException | None: ...
    def cancel(self, msg: Any | None = None) -> Literal[False]: ...
    def cancelled(self) -> Literal[False]: ...
    def get_loop(self) -> AbstractEventLoop: ...
    def add_done_callback(
        self, function: Callable[[Self], object], /, *, context: Context | None = None
    ) -> None: ...
    def remove_done_callback(self, function: Callable[[Self], object]) -> int: ...
    def __await__(self) -> Generator[Any, Any, _T_co]: ...

@final
class Tally:
    """How many of the awaitables that tasks run have yet to end.

    Without `lenient` an `Exception` is a failure; what is no `Exception` is one in any case.
    """

    def __new__(cls, event_loop: AbstractEventLoop, count: int, lenient: bool) -> Self: ...
    @property
    def ended(self) -> Future[int | None]:
        """Gets the number of the first that fails, or None when all have ended."""

    def counted(self, number: int, awaitable: Awaitable[_T]) -> Coroutine[Any, Any, _T]:
        """Make what a task runs of an awaitable; it ends as that does, and is counted then."""

# ------------------------------------------------------------------------------------- streams

@final
class Once(Generic[_T]):
    """A stream of one item, for sync and async readers.

    `stream` and `astream` pass it to `transform` where the input is known as a whole: handlers
    are then told the input when the run starts.

    Example:
        >>> list(Once(1))
        [1]
    """

    def __new__(cls, item: _T) -> Self: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[_T]: ...

@final
class TextChunks(Iterator[ChatGenerationChunk]):
    """The chunks of a chat model that streams texts, one for each: `yield from` it in `_stream`.

    A text is read when its chunk is asked for. A chunk of which nobody has anything any more is
    filled again two texts later, which takes half of the time that making and freeing one does.

    Args:
        texts: The pieces of the answer.
        message_id: The id of the answer, if its provider gave it one.
        has_end: Whether the answer ends with these texts; the chunk of the last one says so then.

    Raises:
        TypeError: Something that is no text is among the texts, or they have an end but no number.

    Example:
        >>> [chunk.message.content for chunk in TextChunks(["1 + 2", " = 3"], has_end=True)]
        ['1 + 2', ' = 3']
    """

    def __new__(
        cls, texts: Iterable[str], *, message_id: str | None = None, has_end: bool = False
    ) -> Self: ...
    def __next__(self) -> ChatGenerationChunk: ...
    def close(self) -> None:
        """Close what the texts come from."""

@disjoint_base
class TokenLog:
    """The chunks of one run of a chat model, in order.

    Takes memory for the text, not for the chunks: chunks of ferrule's own classes that hold
    nothing but text are kept as one. A subclass must define `closing_chunk`, which returns the
    chunk that marks the end of the stream, or `None` if there is none to hand out.
    """

    def __new__(cls) -> Self: ...
    def open(self, message_id: str) -> None:
        """Set the id of messages that have none of their own."""

    def shape(self, chunk: ChatGenerationChunk) -> Any:
        """Complete the message of a new chunk, in place, with its id and metadata; return it."""

    def add(self, chunk: ChatGenerationChunk) -> None:
        """Keep a chunk that was told."""

    @property
    def chunks(self) -> list[ChatGenerationChunk]:
        """What the chunks so far amount to; those with nothing but text are added up."""

    @property
    def last(self) -> Any:
        """The last message, or `None`."""

@final
class TokenStream:
    """The messages of a model's chunks: each is completed, told, kept, and then handed out.

    Args:
        chunks: What the model makes.
        run_manager: Speaks for the run.
        log: Completes the messages and keeps the chunks.
        check: Returns a chunk that is not exactly of ferrule's class, or raises.
    """

    def __new__(
        cls,
        chunks: Iterable[ChatGenerationChunk],
        run_manager: _RunState,
        log: TokenLog,
        check: Callable[[Any], ChatGenerationChunk],
    ) -> Self: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...
    def close(self) -> None:
        """Close what the chunks come from."""

    def throw(
        self, kind: Any, value: object = None, traceback: TracebackType | None = None
    ) -> NoReturn:
        """Close what the chunks come from, and raise."""

@type_check_only
class StreamRun(Iterator[_T_co]):
    """The chunks of a run that is open while they are read."""

    def __next__(self) -> _T_co: ...
    def close(self) -> None:
        """End the run with what was produced so far, after the runs below it have ended."""

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: object = None,
        traceback: object = None,
    ) -> _T_co:
        """Raise an exception where the stream's generator waits."""

@type_check_only
class AsyncStreamRun(AsyncIterator[_T_co]):
    """The chunks of a run that is open while they are read, for async readers."""

    def __anext__(self) -> Coroutine[Any, Any, _T_co]: ...
    def aclose(self) -> Coroutine[Any, Any, None]:
        """End the run with what was produced so far, after the runs below it have ended."""

# ----------------------------------------------------------------------------------- runnables

class RunnableBase:
    """The base of all runnables: opens their runs and tells the events of them."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Tell the name that runs have unless a config says otherwise.

        Args:
            suffix: Joined to the name: in title case to a name in title case, else with `_`.
            name: Used instead of the object's `name`, whose default is the name of its class.
        """

    def _call_with_config(
        self,
        func: Callable[..., _T],
        input_: Any,
        config: RunnableConfig | None,
        run_type: str | None = None,
        serialized: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> _T:
        """Call `func(input_, **kwargs)` as a run of this runnable.

        The run has ended, with the output or an error, when this returns or raises; exceptions
        of any class are raised as they are.

        Args:
            func: Gets `config` (for calls inside the run) and `run_manager` if it names them.
            input_: The input, as handlers are told it.
            config: The caller's config.
            run_type: What the start event says the run is.
            serialized: What the start event describes the runnable by; made up unless given.
            **kwargs: Further arguments of `func`.
        """

    def _acall_with_config(
        self,
        func: Callable[..., Awaitable[_T]],
        input_: Any,
        config: RunnableConfig | None,
        run_type: str | None = None,
        serialized: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, _T]:
        """Await `func(input_, **kwargs)` as a run of this runnable; a cancellation fails it."""

    def _transform_stream_with_config(
        self,
        inputs: Iterator[Any],
        transformer: Callable[..., Iterator[_T]],
        config: RunnableConfig | None,
        run_type: str | None = None,
        **kwargs: Any,
    ) -> StreamRun[_T]:
        """Stream what `transformer(inputs, **kwargs)` yields, as a run of this runnable.

        The first input is pulled before the run opens. The run ends with the sum of the chunks
        (the last one, where they do not add up), also when its reader closes the stream.
        """

    def _atransform_stream_with_config(
        self,
        inputs: AsyncIterator[Any],
        transformer: Callable[..., AsyncIterator[_T]],
        config: RunnableConfig | None,
        run_type: str | None = None,
        **kwargs: Any,
    ) -> AsyncStreamRun[_T]:
        """Stream what an async generator function yields, as a run of this runnable."""

    def batch(
        self,
        inputs: Sequence[Any],
        config: _Configs = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Invoke on each input; `Runnable` says how, and has the types."""

    def abatch(
        self,
        inputs: Sequence[Any],
        config: _Configs = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, list[Any]]:
        """Await `ainvoke` on each input, as `batch` does; a failure cancels the others."""

    def batch_as_completed(
        self,
        inputs: Sequence[Any],
        config: _Configs = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[int, Any]]:
        """Invoke on each input; yield the input's number and its output as they come."""

    def abatch_as_completed(
        self,
        inputs: Sequence[Any],
        config: _Configs = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> AsyncIterator[tuple[int, Any]]:
        """Await `ainvoke` on each input; yield its number and output as they come."""

@disjoint_base
class LambdaDrive(RunnableBase):
    """The state and the hot methods of `RunnableLambda`."""

    def _setup(
        self, func: Callable[..., Any] | None = None, afunc: Callable[..., Any] | None = None
    ) -> None:
        """Take the functions; to be called once."""

    def _limit_below(self, limit: int, input: Any) -> int:
        """Tell how many levels are left to a runnable that the function returned for an input.

        Raises:
            RecursionError: None is left.
        """

    @property
    def func(self) -> Callable[..., Any]:
        """The sync function; AttributeError where there is none."""

    @property
    def afunc(self) -> Callable[..., Any]:
        """The async function; AttributeError where there is none."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the function on the caller's thread."""

    def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Await the async function, or call the sync one on a worker thread."""

class MethodDrive(RunnableBase):
    """The hot method of runnables whose run is one method of their class.

    A class that derives from it has `_type_of_run`, `_serialized`, what its runs tell (or `None`),
    and the method `_body_of_run(input)`. The `tags` and `metadata` among an object's
    fields are those of its runs.
    """

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the method on the caller's thread; further keywords are ignored."""

class TransformDrive(RunnableBase):
    """The hot method of runnables that stream by a generator function of the input's chunks.

    A class that derives from it has the method `_transform`: it gets an iterator of the chunks
    and, if it names them, `run_manager` and `config`.
    """

    def transform(
        self, input: Iterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Make output chunks of input chunks, in a run that starts when it is first read."""

class ChatDrive(RunnableBase):
    """The hot methods of chat models, whose fields and methods it reads.

    A class that derives from it has `_convert_input`, `_payload`,
    `_arguments_of_call`, `_metadata_of_call`, `_get_invocation_params`, `_answer_in_run` and
    `_generate`, as `ferrule.language_models.chat_runs` defines them.
    """

    def invoke(
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Answer one conversation on the caller's thread."""

    def _conversation_of(self, input: Any) -> list[BaseMessage]:
        """Read the conversation that a call is about."""

    def _answer_whole(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun,
        kwargs: dict[str, Any],
    ) -> ChatResult:
        """Ask `_generate` inside of an open run, and complete what it answers.

        Raises:
            TypeError: It returned something else than a `ChatResult`.
            ValueError: It answered nothing at all.
        """

@final
class ChatFacts:
    """How chat models of a class answer, as far as the class says.

    Args:
        reads_plainly: Whether texts and prompt values are read as all chat models do.
        streams_on_request: Whether an answer is streamed only if the call or a handler asks for it.
        takes_run_manager: Whether `_generate` takes the run manager.
        tells_identity: Whether the parameters of a call are the model's identifying parameters,
            its kind and those of the call.
        metadata_is_fixed: Whether the metadata of a call without arguments follows from the class.
    """

    def __new__(
        cls,
        *,
        reads_plainly: bool,
        streams_on_request: bool,
        takes_run_manager: bool,
        tells_identity: bool,
        metadata_is_fixed: bool,
    ) -> Self: ...

def parameters_of_call(
    params: Mapping[str, Any], stop: list[str] | None, options: dict[str, Any], count: int
) -> dict[str, Any]:
    """Make what the start of each of `count` runs of a model tells besides its prompt.

    Args:
        params: The parameters of the call. What they say of an option is what is told of it.
        stop: Texts at which the model stops.
        options: Keywords of the call that are told as options.
        count: How many runs there are.
    """

@final
class PartFacts:
    """What becomes of objects of a class in a chat prompt, as far as the class says.

    Args:
        is_message: Whether they are messages, which stand for themselves.
        has_twin: Whether they are templates that take their values as one mapping, by `_messages`.
        builds: What builds the message of a template for one message, if it is filled as
            ferrule's are.
        is_text: Whether they are templates of a text that are filled as ferrule's are.
    """

    def __new__(
        cls, *, is_message: bool, has_twin: bool, builds: Blueprint | None, is_text: bool
    ) -> Self: ...

def filled_messages(parts: Iterable[Any], values: Mapping[str, Any]) -> list[BaseMessage]:
    """Fill the parts of a chat prompt, in order.

    Raises:
        KeyError: A variable is missing.
    """

def filled_text(prompt: Any, template: str, template_format: str, values: Mapping[str, Any]) -> str:
    """Put the values into the places of a template.

    Args:
        prompt: The prompt whose template it is; its `_missing_message` says what is missing.
        template: The template.
        template_format: How it marks its variables.
        values: The values; surplus ones are ignored.

    Raises:
        KeyError: A variable is missing.
        ValueError: The template is malformed.
    """

class RetrieverDrive(RunnableBase):
    """The hot method of retrievers, whose fields and methods it reads.

    A class that derives from it has `_get_relevant_documents`, `_get_ls_params` and `_facts`, as
    `ferrule.retrievers` defines them.
    """

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Search on the caller's thread, for the documents that matter most first.

        Keywords are options of the search, for retrievers that have any.
        """

@type_check_only
class _SearchTakes(Protocol):
    """What a search method takes beside the query."""

    @property
    def run_manager(self) -> bool: ...
    @property
    def keywords(self) -> bool:
        """Any keywords of the caller's."""

@final
class RetrieverFacts:
    """What is known of a class of retrievers.

    Args:
        search: What the search method takes.
        asearch: What the async one takes.
        tells_its_name: Whether tracing services are told the name and nothing else.
    """

    def __new__(
        cls, *, search: _SearchTakes, asearch: _SearchTakes, tells_its_name: bool
    ) -> Self: ...
    def arguments(self, run_manager: Any, keywords: dict[str, Any]) -> dict[str, Any]:
        """Make the keyword arguments to call the search method with."""

    def aarguments(self, run_manager: Any, keywords: dict[str, Any]) -> dict[str, Any]:
        """Make the keyword arguments to call the async search method with."""

def checked_documents(retriever: Any, found: Any) -> list[Document]:
    """Return what a retriever found.

    Raises:
        TypeError: If that is no list of documents.
    """

class ToolDrive(RunnableBase):
    """The hot method of tools, whose fields and methods it reads.

    A class that derives from it has `_find_facts` and `_to_args_and_kwargs`, as
    `ferrule.tools.base` defines them.
    """

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the tool on the caller's thread.

        A tool call is answered with a message, anything else with what the tool returned.
        """

@final
class ToolFacts:
    """How a tool is called, as far as its class and its fields say.

    Args:
        tool: The tool.
        name: Its name.
        serialized: What the start of a run tells of it.
        hidden: Arguments that no event tells.
        function: What does the work; `_run` of the tool if there is nothing.
        tie: What supplies the function with what it wants of its run, if it wants anything.
        arguments: What checks the arguments, if nothing but that is done with them.
        is_pair: Whether the function returns a pair of content and artifact.
    """

    def __new__(
        cls,
        tool: Any,
        *,
        name: str,
        serialized: dict[str, Any],
        hidden: tuple[str, ...],
        function: Callable[..., Any] | None,
        tie: Any,
        arguments: ArgumentModel | None,
        is_pair: bool,
    ) -> Self: ...

@final
class ToolRun:
    """A tool, what it is called with, and the run in which that happens.

    Args:
        tool: The tool.
        input: The arguments by name, or the only one as text.
        config: The caller's config.
        tool_call_id: The tool call that is answered, if it is one.
        colors: Hints for handlers that print, of the start and of the end.
        keywords: What handlers are told besides.
        verbose: Show the run on the console, whatever the tool is set to.
    """

    def __new__(
        cls,
        tool: Any,
        input: Any,
        config: RunnableConfig | None,
        tool_call_id: str | None,
        colors: tuple[str | None, str | None],
        keywords: dict[str, Any],
        verbose: bool,
    ) -> Self: ...
    @staticmethod
    def of_input(
        tool: Any, input: Any, config: RunnableConfig | None, keywords: dict[str, Any] | None
    ) -> ToolRun:
        """Read the input of `invoke`: a tool call, or the arguments."""

    @property
    def tool_call_id(self) -> str | None:
        """The tool call that is answered, if it is one."""

    def call(self) -> Any:
        """Call the tool in a run of its own, on the caller's thread."""

    def plan(self) -> RunPlan:
        """Return the run, for async code."""

    def arguments(self, tie: Any, run_manager: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what the tool's function is called with.

        `tie` knows what the function wants of its run, and supplies it.

        Raises:
            ValidationError: If the arguments do not fit the schema.
        """

    def output(self, response: Any) -> Any:
        """Return what the caller gets for what the function returned."""

@final
class ArgumentModel:
    """A pydantic model of a function's arguments.

    Args:
        model: The model.
        fields: The names of its fields.
        is_plain: Whether the model validates as pydantic does, keeps nothing but its fields, and
            keeps those in the `__dict__` of an instance.
    """

    def __new__(cls, model: type, fields: tuple[str, ...], *, is_plain: bool) -> Self: ...
    def validated(self, values: dict[str, Any]) -> dict[str, Any]:
        """Convert values by the model; what `*args` and `**kwargs` did not get is left out.

        Raises:
            ValidationError: If they do not fit.
        """

def with_message_ids(result: ChatResult, run_manager: _RunState) -> ChatResult | None:
    """Fill in the ids of messages that have none, in copies where others could see the change.

    Returns:
        The result, or `None` if it holds objects of classes from outside ferrule, or lacks more
        than ids.
    """

def as_response(answer: ChatResult) -> LLMResult:
    """Return what the run of one conversation ends with."""

@disjoint_base
class SequenceDrive(RunnableBase):
    """The state and the hot methods of `RunnableSequence`."""

    def _setup(self, steps: Sequence[Runnable[Any, Any]]) -> None:
        """Take the steps; to be called once."""

    @property
    def first(self) -> Runnable[Any, Any]:
        """The first step."""

    @property
    def middle(self) -> list[Runnable[Any, Any]]:
        """The steps between the first and the last."""

    @property
    def last(self) -> Runnable[Any, Any]:
        """The last step."""

    @property
    def steps(self) -> list[Runnable[Any, Any]]:
        """The steps, in order."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the steps on the caller's thread, each on what the one before returned."""

    def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Await the steps, each on what the one before returned."""

    def transform(
        self, input: Iterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Stream through the steps: each chunk passes all of them before the next one is made."""

@disjoint_base
class ParallelDrive(RunnableBase):
    """The state and the hot methods of `RunnableParallel`."""

    def _setup(self, steps: dict[str, Runnable[Any, Any]]) -> None:
        """Take the branches; to be called once."""

    @property
    def steps__(self) -> dict[str, Runnable[Any, Any]]:
        """The branches by key."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the branches in threads; the calling thread takes part."""

    def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Await the branches side by side, as tasks."""

@disjoint_base
class BindingDrive(RunnableBase):
    """The state and the hot methods of `RunnableBinding`."""

    def _setup(
        self,
        bound: Runnable[Any, Any],
        kwargs: dict[str, Any],
        config: dict[str, Any],
        config_factories: list[Callable[[RunnableConfig], RunnableConfig]],
    ) -> None:
        """Take the parts; to be called once."""

    @property
    def bound(self) -> Runnable[Any, Any]:
        """What is bound."""

    @property
    def kwargs(self) -> dict[str, Any]:
        """Keyword arguments of every call."""

    @property
    def config(self) -> RunnableConfig:
        """Config of every call."""

    @property
    def config_factories(self) -> list[Callable[[RunnableConfig], RunnableConfig]]:
        """Functions that make further configs."""

    def _merge_configs(self, *configs: RunnableConfig | None) -> RunnableConfig:
        """Lay configs over the bound one, and what the factories make of that over both."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run what is bound, with the bound arguments and config."""

    def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, Any]:
        """Await what is bound, with the bound arguments and config."""

# -------------------------------------------------------------------------------- runs by plan

@final
class RunPlan:
    """One run of any kind, ready to be driven in one of several ways.

    Whichever way: the run is opened in a context of its own, the body runs in that context, and
    the run ends exactly once, with what the body returned or with what it raised, a cancellation
    included. Exceptions are raised as they are.

    Args:
        kind: What is executed; decides which events open and close the run.
        owner: The runnable: default of the run's name, and what `serialized` describes.
        config: The caller's config. The surrounding run's is merged in.
        payload: What the start hook gets after `serialized`: the inputs of a chain,
            `[messages]` for a chat model, `[prompt]` for an llm, the input string of a tool,
            the query of a retriever.
        name: The run's name unless the config has one.
        serialized: Describes the owner; `{"name": ..., "id": ...}` unless given.
        run_type: The start event's `run_type`.
        extra: Further keywords of the start event.
        end_extra: Further keywords of the end event.
        error_extra: Further keywords of the error event, or a function of the exception (and,
            for streams, of the list of chunks) that makes them.
        local_callbacks: Handlers of this run that its children do not inherit.
        local_tags: Tags of this run that its children do not inherit.
        local_metadata: Metadata of this run that its children do not inherit.
        inherit_metadata: Metadata of this run and of its children.
        verbose: Show this run on the console.

    Raises:
        TypeError: A value in the config or in the `local_*` arguments has the wrong type.
        ValueError: There is no such kind.

    Example:
        >>> from ferrule.runnables import RunnableLambda
        >>> plan = RunPlan("chain", RunnableLambda(abs), payload=-1, name="by hand")
        >>> plan.call(lambda run_manager: abs(-1))
        1
    """

    def __new__(
        cls,
        kind: _Kind,
        owner: Any,
        config: RunnableConfig | None = None,
        *,
        payload: Any,
        name: str | None = None,
        serialized: Mapping[str, Any] | None = None,
        run_type: str | None = None,
        extra: dict[str, Any] | None = None,
        end_extra: dict[str, Any] | None = None,
        error_extra: dict[str, Any] | Callable[..., dict[str, Any]] | None = None,
        local_callbacks: Callbacks = None,
        local_tags: Sequence[str] | None = None,
        local_metadata: Mapping[str, Any] | None = None,
        inherit_metadata: Mapping[str, Any] | None = None,
        verbose: bool = False,
    ) -> Self: ...
    def call(self, body: Callable[[Any], _T]) -> _T:
        """Run `body(run_manager)` on the caller's thread and return what it returns."""

    def acall(self, body: Callable[[Any], Awaitable[_T]]) -> Coroutine[Any, Any, _T]:
        """Await `body(run_manager)` and return its result."""

    def stream(
        self,
        body: Callable[[Any], Iterator[_T]],
        finish: Callable[[list[_T]], Any],
        *,
        keep: bool = True,
    ) -> StreamRun[_T]:
        """Iterate over `body(run_manager)`; the run ends with `finish(chunks)`.

        The run opens when the first chunk is read. Closing the iterator ends the run with the
        chunks so far. With `keep=False` the chunks are not kept, and `finish` and `error_extra`
        get an empty list: for a body that knows by itself what it made.
        """

    def astream(
        self,
        body: Callable[[Any], AsyncIterator[_T]],
        finish: Callable[[list[_T]], Any],
        *,
        keep: bool = True,
    ) -> AsyncStreamRun[_T]:
        """Iterate over the async generator `body(run_manager)`; see `stream`."""

    def open(self) -> OpenRun:
        """Open the run for the caller to close: for several that are open at once."""

    def aopen(self) -> Coroutine[Any, Any, OpenRun]:
        """Open the run in async code.

        A run that a handler refuses is closed before the handler's error is raised.
        """

@final
class OpenRun:
    """A run that is open until it is ended or failed; one that is dropped open is failed.

    Closing it twice is no error: the first time counts.
    """

    @property
    def run_manager(self) -> Any:
        """The run's manager, async if the run was opened in async code."""

    @property
    def ended(self) -> bool:
        """Whether the run was closed."""

    def call(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function in the run's context; the run stays open."""

    def acall(
        self, function: Callable[_P, Awaitable[_T]], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Coroutine[Any, Any, _T]:
        """Call a function in the run's context and await there what it returns."""

    def end(self, payload: Any, **extra: Any) -> None:
        """End the run; `extra` is added to the event's keywords."""

    def aend(self, payload: Any, **extra: Any) -> Coroutine[Any, Any, None]:
        """End the run in async code."""

    def fail(self, exc: BaseException, **extra: Any) -> None:
        """Close the run with an exception, without raising it.

        Raises:
            BaseException: What a handler with `raise_error` raises at the error event.
        """

    def afail(self, exc: BaseException, **extra: Any) -> Coroutine[Any, Any, None]:
        """Close the run with an exception in async code, without raising it."""

# ------------------------------------------------------------------------------------ managers

@disjoint_base
class ManagerBase:
    """Who listens, and under which parent run; see `ferrule.callbacks.CallbackManager`."""

    handlers: list[BaseCallbackHandler]
    inheritable_handlers: list[BaseCallbackHandler]
    parent_run_id: UUID | None
    tags: list[str]
    inheritable_tags: list[str]
    metadata: dict[str, Any]
    inheritable_metadata: dict[str, Any]

    def __init__(
        self,
        handlers: Sequence[BaseCallbackHandler],
        inheritable_handlers: Sequence[BaseCallbackHandler] | None = None,
        parent_run_id: UUID | None = None,
        *,
        tags: Sequence[str] | None = None,
        inheritable_tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        inheritable_metadata: Mapping[str, Any] | None = None,
    ) -> None: ...
    @classmethod
    def configure(
        cls,
        inheritable_callbacks: Callbacks = None,
        local_callbacks: Callbacks = None,
        verbose: bool = False,
        inheritable_tags: Sequence[str] | None = None,
        local_tags: Sequence[str] | None = None,
        inheritable_metadata: Mapping[str, Any] | None = None,
        local_metadata: Mapping[str, Any] | None = None,
        **ignored: Any,
    ) -> Self:
        """Make a manager of what is given, with the handlers that the surroundings add.

        Args:
            inheritable_callbacks: For the run and its children; a manager brings its parent.
            local_callbacks: For the run alone.
            verbose: Show the run on the console.
            inheritable_tags: For the run and its children.
            local_tags: For the run alone.
            inheritable_metadata: For the run and its children.
            local_metadata: For the run alone.
            **ignored: Options of a tracing service, whose names begin with `langsmith_`.
        """

    def add_handler(self, handler: BaseCallbackHandler, inherit: bool = True) -> None:
        """Add a handler, unless it is there already; for children too, if they `inherit`."""

    def remove_handler(self, handler: BaseCallbackHandler) -> None:
        """Take a handler away, for children too."""

    def set_handlers(self, handlers: Sequence[BaseCallbackHandler], inherit: bool = True) -> None:
        """Make these the only handlers."""

    def set_handler(self, handler: BaseCallbackHandler, inherit: bool = True) -> None:
        """Make this the only handler."""

    def add_tags(self, tags: Sequence[str], inherit: bool = True) -> None:
        """Add tags; one that is there already moves to the end."""

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Take tags away, for children too; those that are not there are passed over."""

    def add_metadata(self, metadata: Mapping[str, Any], inherit: bool = True) -> None:
        """Add metadata; the later value of a key wins."""

    def remove_metadata(self, keys: Sequence[str]) -> None:
        """Take keys out of the metadata, for children too."""

    def copy(self) -> Self:
        """Make a manager of the same class with the same members, in lists of its own."""

    def merge(self, other: BaseCallbackManager) -> Self:
        """Make a manager with the members of both, in order, each once.

        The parent is this manager's, or else the other's; of metadata the other's value wins.
        """

    def start_chain(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> CallbackManagerForChainRun:
        """Open a run of a chain."""

    def start_tool(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        run_id: UUID | None = None,
        parent_run_id: UUID | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> CallbackManagerForToolRun:
        """Open a run of a tool."""

    def start_retriever(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        run_id: UUID | None = None,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> CallbackManagerForRetrieverRun:
        """Open a run of a retriever."""

    def start_run(
        self,
        kind: _Kind,
        serialized: dict[str, Any] | None,
        payload: Any,
        run_id: UUID | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Any:
        """Open a run by hand and tell its start; returns the run manager of its kind."""

    def astart_run(
        self,
        kind: _Kind,
        serialized: dict[str, Any] | None,
        payload: Any,
        run_id: UUID | None = None,
        extra: dict[str, Any] | None = None,
    ) -> tuple[Any, Coroutine[Any, Any, None], str]:
        """Open a run by hand.

        Returns:
            Its run manager, what to await for handlers to be told, and the name of the run
            manager's method that tells of a failure.
        """

    def on_custom_event(
        self, name: str, data: Any, run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Tell an event of the user's own."""

    def aon_custom_event(
        self, name: str, data: Any, run_id: UUID | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, None]:
        """Tell an event of the user's own in async code."""

class _RunState:
    """What every run manager has, whichever events it tells."""

    handlers: list[BaseCallbackHandler]
    inheritable_handlers: list[BaseCallbackHandler]
    tags: list[str]
    inheritable_tags: list[str]
    metadata: dict[str, Any]
    inheritable_metadata: dict[str, Any]

    def __init__(
        self,
        *,
        run_id: UUID,
        handlers: Sequence[BaseCallbackHandler],
        inheritable_handlers: Sequence[BaseCallbackHandler],
        parent_run_id: UUID | None = None,
        tags: Sequence[str] | None = None,
        inheritable_tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        inheritable_metadata: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def run_id(self) -> UUID:
        """The run's id."""

    @property
    def parent_run_id(self) -> UUID | None:
        """The id of the run around it, None for the outermost."""

    @property
    def is_tapped(self) -> bool:
        """Whether a handler wants to see the chunks of streams."""

    def to_class(self, class_: type[_T], /) -> _T:
        """Make the same run's manager of another class."""

# The public classes of `ferrule.callbacks.run_managers` take over the methods of their kind, the
# async ones those with an `a` in front; hence methods of any `_RunState`.
@disjoint_base
class RunHandle(_RunState):
    """Speaks for one open run: its id, who hears of it, and an event method of each kind."""

    def get_child(self: _RunState, tag: str | None = None) -> CallbackManager:
        """Make the manager to pass as `callbacks` to what runs inside; `tag` is not inherited."""

    def aget_child(self: _RunState, tag: str | None = None) -> AsyncCallbackManager:
        """Make the same for async calls."""

    def on_text(self: _RunState, text: str, **kwargs: Any) -> None:
        """Tell a text of the runnable's own."""

    def aon_text(self: _RunState, text: str, **kwargs: Any) -> Coroutine[Any, Any, None]: ...
    def on_retry(self: _RunState, retry_state: Any, **kwargs: Any) -> None:
        """Tell that another attempt follows."""

    def aon_retry(
        self: _RunState, retry_state: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_llm_new_token(
        self: _RunState,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        **kwargs: Any,
    ) -> None:
        """Tell a piece of a streamed answer; `chunk` holds what else came with it."""

    def aon_llm_new_token(
        self: _RunState,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, None]: ...
    def on_llm_end(self: _RunState, response: LLMResult, **kwargs: Any) -> None:
        """End a model's run."""

    def aon_llm_end(
        self: _RunState, response: LLMResult, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_llm_error(self: _RunState, error: BaseException, **kwargs: Any) -> None:
        """End a model's run with an error."""

    def aon_llm_error(
        self: _RunState, error: BaseException, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_stream_event(self: _RunState, event: Any, **kwargs: Any) -> None:
        """Tell a protocol event of a model's stream."""

    def aon_stream_event(
        self: _RunState, event: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_chain_end(self: _RunState, outputs: Any, **kwargs: Any) -> None:
        """End a chain's run."""

    def aon_chain_end(
        self: _RunState, outputs: Any, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_chain_error(self: _RunState, error: BaseException, **kwargs: Any) -> None:
        """End a chain's run with an error."""

    def aon_chain_error(
        self: _RunState, error: BaseException, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_agent_action(self: _RunState, action: AgentAction, **kwargs: Any) -> None:
        """Tell which tool an agent calls next."""

    def aon_agent_action(
        self: _RunState, action: AgentAction, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_agent_finish(self: _RunState, finish: AgentFinish, **kwargs: Any) -> None:
        """Tell what an agent concludes with."""

    def aon_agent_finish(
        self: _RunState, finish: AgentFinish, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_tool_end(self: _RunState, output: Any, **kwargs: Any) -> None:
        """End a tool's run."""

    def aon_tool_end(self: _RunState, output: Any, **kwargs: Any) -> Coroutine[Any, Any, None]: ...
    def on_tool_error(self: _RunState, error: BaseException, **kwargs: Any) -> None:
        """End a tool's run with an error."""

    def aon_tool_error(
        self: _RunState, error: BaseException, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_retriever_end(self: _RunState, documents: Sequence[Document], **kwargs: Any) -> None:
        """End a retriever's run."""

    def aon_retriever_end(
        self: _RunState, documents: Sequence[Document], **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
    def on_retriever_error(self: _RunState, error: BaseException, **kwargs: Any) -> None:
        """End a retriever's run with an error."""

    def aon_retriever_error(
        self: _RunState, error: BaseException, **kwargs: Any
    ) -> Coroutine[Any, Any, None]: ...
